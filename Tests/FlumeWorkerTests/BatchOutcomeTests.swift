import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

@Suite("Batches: how each job ends")
struct BatchOutcomeTests {
    private func payload(_ text: String) throws -> JobPayload { try JobPayload(parsing: Array(text.utf8)) }

    private func jids(_ payloads: [String]) throws -> [String?] { try payloads.map { try payload($0).jid } }

    @Test("each job ends as its own result says")
    func results() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.batch("Mixed") { batch -> [JobResult] in
                batch.map { item in
                    switch item.context.jid {
                    case "failed": .failed(Boom("mine"))
                    case "thrown": .failed(JobDirective.snooze(for: .seconds(1000)))
                    case "retry": .retry(after: .seconds(1000))
                    case "dead": .dead("not deliverable")
                    case "snooze": .snooze(for: .seconds(1000))
                    case "discard": .discard("no use")
                    default: .done
                    }
                }
            }
            .onDeath { payload, error in journal.note("\(payload.jid ?? "") \(error)") }
            let names = ["done", "failed", "thrown", "retry", "dead", "snooze", "discard", "done too"]
            try await probe.enqueue(names.map { job("Mixed", $0) }, to: "default")
            try await withWorker(on: probe, [handler], pipelines: Pipeline.batches(of: 8)) { _ in
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(try await Set(jids(probe.members("retry"))) == ["failed", "retry"])
            #expect(try await jids(probe.members("dead")) == ["dead"])
            #expect(try await Set(jids(probe.members("schedule"))) == ["snooze", "thrown"])
            let messages = try await probe.members("retry").map { try payload($0)["error_message"]?.string }
            #expect(Set(messages) == ["mine", "the handler asked for a retry"])
            #expect(journal.entries == ["dead not deliverable"])
            #expect(try await probe.string("stat:processed") == "8")
            #expect(try await probe.string("stat:failed") == "3")
        }
    }

    @Test("a thrown error fails every job, and each is retried by itself")
    func thrown() async throws {
        try await withProbe { probe in
            let handler = Handler.batch("Fail") { _ in throw Boom("all of them") }
            let more = #""retry":3,"custom":[1.0]"#
            try await probe.enqueue((0..<3).map { job("Fail", "\($0)", more) }, to: "default")
            try await withWorker(on: probe, [handler], pipelines: Pipeline.batches(of: 3)) { _ in
                let failed = try await probe.wait(for: 3, in: "retry").map(payload)
                #expect(Set(failed.map(\.jid)) == ["0", "1", "2"])
                for job in failed {
                    #expect(job["error_message"]?.string == "all of them" && job.retryCount == 0)
                    #expect(String(decoding: job.bytes, as: UTF8.self).contains(#""custom":[1.0]"#))
                }
                try await probe.waitUntilDrained()
            }
        }
    }

    @Test("a directive thrown is obeyed for every job")
    func directive() async throws {
        try await withProbe { probe in
            let handler = Handler.batch("Later") { _ in throw JobDirective.snooze(for: .seconds(1000)) }
            try await probe.enqueue((0..<3).map { job("Later", "\($0)") }, to: "default")
            try await withWorker(on: probe, [handler], pipelines: Pipeline.batches(of: 3)) { _ in
                _ = try await probe.wait(for: 3, in: "schedule")
            }
        }
    }

    @Test("a job of a batch that failed comes again, in whichever batch it meets then")
    func again() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.batch("Twice") { batch in
                journal.note(batch.contexts.map { "\($0.jid)#\($0.attempt)" }.joined(separator: "+"))
                return batch.contexts.map { $0.jid == "1" && $0.attempt == 1 ? .retry(after: .zero) : .done }
            }
            try await withWorker(
                on: probe, [handler], pipelines: Pipeline.batches(of: 3, after: .milliseconds(200))
            ) { _ in
                try await probe.enqueue((0..<3).map { job("Twice", "\($0)") }, to: "default")
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["0#1+1#1+2#1", "1#2"])
        }
    }

    @Test("an answer for too few or too many jobs fails all of them, and says so", arguments: [0, 2, 4])
    func wrongCount(count: Int) async throws {
        try await withProbe { probe in
            let handler = Handler.batch("Short") { _ in [JobResult](repeating: .done, count: count) }
            try await probe.enqueue((0..<3).map { job("Short", "\($0)") }, to: "default")
            try await withWorker(on: probe, [handler], pipelines: Pipeline.batches(of: 3)) { _ in
                for failed in try await probe.wait(for: 3, in: "retry") {
                    let message = try payload(failed)["error_message"]?.string ?? ""
                    #expect(message.contains("\(count) results for 3 jobs"), "\(message)")
                }
            }
        }
    }

    private struct Typed: Job {
        var number: Int
    }

    private struct Sum: BatchHandler {
        let journal: Journal

        func perform(_ batch: JobBatch<Typed>) async throws -> [JobResult] {
            journal.note("\(batch.jobs.map(\.number).reduce(0, +)) of \(batch.count)")
            return batch.allDone
        }
    }

    @Test("what is no job and what does not fit its type end alone; the others of the batch run")
    func poison() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.enqueue(
                [
                    job("Typed", "1", args: "[1]"), "not json", job("Typed", "text", args: #"["x"]"#),
                    job("Typed", "2", args: "[2]"), #"{"args":[]}"#, job("Nobody", "n"),
                    job("Typed", "4", args: "[4]"),
                ], to: "default")
            let pipelines = [Pipeline("p", queue: "default", concurrency: 2).batching(size: 4, timeout: longTimeout)]
            try await withWorker(on: probe, [.batch(Sum(journal: journal))], pipelines: pipelines) { _ in
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["7 of 3"])
            #expect(try await probe.members("dead").sorted() == ["not json", #"{"args":[]}"#].sorted())
            let retries = try await probe.members("retry").map(payload)
            #expect(Set(retries.map(\.jid)) == ["text", "n"])
            let message = retries.first { $0.jid == "text" }?["error_message"]?.string
            #expect(message?.contains("args[0]") == true, "\(message ?? "none")")
        }
    }

    @Test("a batch of nothing but misfits does not call its handler")
    func onlyMisfits() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.enqueue((0..<2).map { job("Typed", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.batch(Sum(journal: journal))], pipelines: Pipeline.batches(of: 2)
            ) { _ in _ = try await probe.wait(for: 2, in: "retry") }
            #expect(journal.entries.isEmpty)
        }
    }

    @Test("a handler's timeout cancels the batch and fails all of its jobs")
    func timeout() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let handler = Handler.batching(journal, as: "Slow", through: gate).timeout(.milliseconds(200))
            try await probe.enqueue((0..<3).map { job("Slow", "\($0)") }, to: "default")
            try await withWorker(on: probe, [handler], pipelines: Pipeline.batches(of: 3)) { _ in
                for failed in try await probe.wait(for: 3, in: "retry") {
                    #expect(try payload(failed)["error_class"]?.string == "JobTimeoutError")
                }
            }
            #expect(journal.entries == ["0+1+2"])
        }
    }

    /// Notes what it sees of each job.
    private struct Watch: ServerMiddleware {
        let journal: Journal

        func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
            switch context.jid {
            case "skip": return journal.note("skip")
            case "refuse": throw Boom("refused")
            default: break
            }
            do {
                try await next(context)
                journal.note("\(context.jid) done")
            } catch {
                journal.note("\(context.jid) \(error)")
                if context.jid != "saved" { throw error }
            }
        }
    }

    @Test("middleware runs around every job of a batch, sees how it ends, and may keep it out")
    func middleware() async throws {
        try await withProbe { probe in
            let (journal, batches) = (Journal(), Journal())
            let handler = Handler.batch("Note") { batch -> [JobResult] in
                batches.note(batch.contexts.map(\.jid).joined(separator: "+"))
                return batch.contexts.map { $0.jid == "well" ? .done : .failed(Boom($0.jid)) }
            }
            let names = ["well", "skip", "saved", "refuse", "bad"]
            try await probe.enqueue(names.map { job("Note", $0) }, to: "default")
            try await withWorker(
                on: probe, [handler], pipelines: Pipeline.batches(of: 5), middleware: [Watch(journal: journal)]
            ) { _ in try await probe.waitUntilDrained() }
            #expect(batches.entries == ["well+saved+bad"])
            #expect(Set(journal.entries) == ["skip", "well done", "saved saved", "bad bad"])
            let failed = try await probe.members("retry").map(payload)
            #expect(Set(failed.map(\.jid)) == ["refuse", "bad"])
            #expect(try await probe.string("stat:processed") == "5")
        }
    }

    @Test("a batch that all middleware keeps out does not call its handler")
    func nobodyLeft() async throws {
        try await withProbe { probe in
            let (journal, batches) = (Journal(), Journal())
            try await probe.enqueue([job("Note", "skip"), job("Note", "skip")], to: "default")
            try await withWorker(
                on: probe, [.batching(batches)], pipelines: Pipeline.batches(of: 2),
                middleware: [Watch(journal: journal)]
            ) { _ in
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(batches.entries.isEmpty)
        }
    }
}
