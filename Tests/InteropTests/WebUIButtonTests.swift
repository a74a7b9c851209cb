import FlumeWire
import Foundation
import TestSupport
import Testing

/// What the buttons of Sidekiq's Web UI do to a Swift worker and its jobs.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct WebUIButtonTests {
    @Test("Quiet stops the fetching and lets the running job go on; Stop ends the process")
    func quietAndStop() async throws {
        try await withInterop { interop in
            let running = try await interop.enqueue(from: .ruby, "SleepJob", "[300]")
            try await interop.withWorker(.swift, shutdownTimeout: 1) { worker in
                try await eventually("the job has started", timeout: .seconds(40)) {
                    try interop.list("interop:started") == running
                }
                try await interop.press("quiet", worker.identity)
                try await eventually("the process says that it is quiet", timeout: .seconds(40)) {
                    try interop.database.execute("HGET", worker.identity, "quiet") == "true"
                }
                _ = try await interop.enqueue(from: .ruby, "EchoJob", "[1]")
                // Longer than any idle worker waits for a job.
                try await Task.sleep(for: .seconds(3))
                #expect(try interop.number("LLEN", "queue:default") == 1, "a quiet process takes no job")
                #expect(worker.child.isRunning)

                try await interop.press("stop", worker.identity)
                #expect(await worker.child.exit() == .status(0))
                #expect(try interop.database.execute("SISMEMBER", "processes", worker.identity) == "0")
            }
            // The job that had to be cancelled is back, before the one that came later.
            let waiting = try interop.waiting(in: "default")
            #expect(waiting.map(\.jobClass) == ["SleepJob", "EchoJob"])
            #expect(waiting.first?.jid == running.first)
            #expect(waiting.first?.retryCount == nil)
            #expect(try interop.list("interop:finished").isEmpty)
        }
    }

    @Test("Retry Now runs a job that failed in Swift; failing again it starts over at 0")
    func retryNow() async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(from: .ruby, "FailTimesJob", #"["k",2]"#)
            try await interop.withWorker(.swift) { _ in
                let first = try await interop.entries("retry", count: 1)[0]
                try await interop.press("retry", "retries", jids[0])
                try await eventually("it has failed again", timeout: .seconds(40)) {
                    try interop.entries("retry").first?.rawValue("retried_at") != nil
                }
                let second = try interop.entries("retry")[0]
                #expect(second.retryCount == 0)
                #expect(second.rawValue("failed_at") == first.rawValue("failed_at"))
                try await interop.press("retry", "retries", jids[0])
                let echoes = try await interop.echoes(count: 1)
                #expect(echoes.map(\.jid) == jids)
            }
        }
    }

    @Test("Kill moves a retry to the dead; Retry Now brings a dead job back; Delete removes it")
    func killAndDelete() async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(from: .ruby, "FailTimesJob", #"["k",1]"#)
            let doomed = try await interop.enqueue(from: .swift, "FailJob", #"["x"]"#)
            try await interop.withWorker(.swift) { _ in
                _ = try await interop.entries("retry", count: 2)
                try await interop.press("kill", "retries", jids[0])
                try await interop.press("kill", "retries", doomed[0])
                _ = try await interop.entries("dead", count: 2)
                try await interop.press("delete", "morgue", doomed[0])
                try await interop.press("retry", "morgue", jids[0])
                let echoes = try await interop.echoes(count: 1)
                #expect(echoes.map(\.jid) == jids)
                #expect(try interop.number("ZCARD", "dead") == 0)
                #expect(try interop.number("ZCARD", "retry") == 0)
            }
        }
    }

    @Test("Add to queue runs a scheduled job of Swift's now")
    func addToQueue() async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(from: .swift, "EchoJob", "[1]", "--in", "3600")
            try await interop.withWorker(.swift) { _ in
                try await interop.press("add_to_queue", "scheduled", jids[0])
                let echoes = try await interop.echoes(count: 1)
                #expect(echoes.map(\.jid) == jids)
            }
        }
    }
}
