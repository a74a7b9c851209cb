import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("The poller of schedule and retry")
struct PollerTests {
    @Test("due jobs of both sets run, with enqueued_at and whatever a push adds, and everything else as it was")
    func promotes() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("Note") { payload, _ in journal.note(payload.description) }
            let retry = job("Note", "r", args: "[1.0]", #""retry":3,"retry_count":0,"failed_at":1.5,"x":1E2"#)
            try await probe.send("ZADD", "retry", "1", retry)
            try await probe.send("ZADD", "schedule", "2", #"{"class":"Note","args":[]}"#)
            try await withWorker(on: probe, [handler], concurrency: 1) { _ in try await journal.wait(for: 2) }
            #expect(
                journal.entries[0].hasPrefix(String(retry.dropLast()) + #","created_at":"#), "\(journal.entries[0])")
            let bare = try JobPayload(parsing: Array(journal.entries[1].utf8))
            #expect(bare.jid?.count == 24)
            #expect(bare["queue"] == "default" && bare["retry"] == true)
            #expect(bare.createdAt != nil && bare.enqueuedAt != nil)
        }
    }

    @Test("a job runs within 200 ms of its time, and not before")
    func punctual() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let journal = Journal()
                let handler = Handler.raw("Note") { payload, context in
                    let now = try await probe.now()
                    journal.note("\(now - (Double(context.jid) ?? 0))")
                }
                var configuration = WorkerConfiguration.quick
                configuration.pollInterval = .seconds(60)
                let now = try await probe.now()
                // Known before the worker sleeps: it must wake for them, whatever its interval.
                for delay in [3.0, 3.2, 3.4] {
                    let time = "\(now + delay)"
                    try await probe.send("ZADD", "schedule", time, job("Note", time))
                }
                try await withWorker(on: probe, [handler], configuration: configuration) { _ in
                    try await journal.wait(for: 3)
                }
                for lateness in journal.entries.compactMap(Double.init) {
                    #expect((0..<0.2).contains(lateness), "\(lateness)")
                }
            }
        }
    }

    @Test("a job scheduled for sooner than any known one is found within the poll interval")
    func sooner() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.send("ZADD", "schedule", "4102444800", job("Note", "in 2100"))
            try await withWorker(on: probe, [.noting(journal)]) { _ in
                let now = try await probe.now()
                try await probe.send("ZADD", "schedule", "\(now + 0.05)", job("Note", "soon"))
                try await journal.wait(for: 1, timeout: .seconds(2))
            }
            #expect(journal.entries == ["soon"])
        }
    }

    @Test("members that are no jobs go to the dead set byte for byte, and the others run")
    func malformed() async throws {
        try await withProbe { probe in
            let journal = Journal()
            for (index, junk) in ["not json", "[1]", "", #"{"args":[]}"#].enumerated() {
                try await probe.send("ZADD", "schedule", "\(index)", junk)
                try await probe.send("ZADD", "retry", "\(index)", junk + " ")
            }
            try await probe.send("ZADD", "schedule", "9", job("Note", "fine"))
            try await withWorker(on: probe, [.noting(journal)]) { _ in
                try await journal.wait(for: 1)
                _ = try await probe.wait(for: 8, in: "dead")
            }
            #expect(
                try await Set(probe.members("dead")) == [
                    "not json", "[1]", "", #"{"args":[]}"#, "not json ", "[1] ", " ", #"{"args":[]} "#,
                ])
            #expect(try await probe.members("schedule") == [])
            #expect(try await probe.members("retry") == [])
        }
    }

    @Test("a page of jobs that cannot be moved does not keep those behind it from running")
    func blockedPage() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.send("SET", "queue:bad", "text")
            for index in 0..<250 {
                try await probe.send(
                    "ZADD", "retry", "\(index)", #"{"class":"Note","args":[],"jid":"\#(index)","queue":"bad"}"#)
            }
            try await probe.send("ZADD", "retry", "1000", job("Note", "behind"))
            try await withWorker(on: probe, [.noting(journal)]) { _ in
                try await journal.wait(for: 1, timeout: .seconds(5))
            }
            #expect(journal.entries == ["behind"])
            #expect(try await probe.number("ZCARD", "retry") == 250)
        }
    }

    @Test("jobs for queues nobody here reads are moved there too")
    func foreignQueue() async throws {
        try await withProbe { probe in
            try await probe.send("ZADD", "schedule", "1", #"{"class":"Ruby","args":[],"queue":"ruby"}"#)
            try await withWorker(on: probe, []) { _ in
                try await eventually("it is in its queue") { try await probe.queue("ruby").count == 1 }
            }
            #expect(try await probe.set("queues") == ["ruby"])
        }
    }

    @Test("three workers together run each of 300 due jobs once")
    func once() async throws {
        try await withProbe { probe in
            let journal = Journal()
            for index in 0..<300 { try await probe.send("ZADD", "schedule", "1", job("Note", "\(index)")) }
            try await withWorker(on: probe, [.noting(journal)]) { _ in
                try await withWorker(on: probe, [.noting(journal)]) { _ in
                    try await withWorker(on: probe, [.noting(journal)]) { _ in try await journal.wait(for: 300) }
                }
            }
            #expect(journal.entries.sorted() == (0..<300).map { "\($0)" }.sorted())
        }
    }
}
