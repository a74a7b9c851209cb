import Flume
import FlumeActiveJob
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@testable import FlumeWorkerActiveJob

@Suite("retry_on and discard_on")
struct RetryOnTests {
    private struct Other: Error {}

    private func makeDue(_ probe: RedisProbe) async throws {
        for member in try await probe.members("schedule") { try await probe.send("ZADD", "schedule", "1", member) }
    }

    @Test("a retry is a new job in schedule: new jid, same job_id, counts raised; for Sidekiq nothing has failed")
    func retries() async throws {
        try await withProbe { probe in
            let handler = Handler.activeJob(
                "J", rules: [.retryOn(Boom.self, as: ["IOError", "EOFError"], wait: .fixed(.seconds(600)), jitter: 0)]
            ) { _, _ in throw Boom() }
            try await withRailsWorker(on: probe, [handler]) {
                let before = try await probe.now()
                try await probe.enqueueRails("J", "[1.0]", outer: #","extra":{"a":1e2}"#)
                let next = try ActiveJobEnvelope(try #require(try await probe.wait(for: 1, in: "schedule").first))
                #expect(next.jobID == "id-1" && next.providerJobID == "jid-1")
                #expect(next.payload.jid?.wholeMatch(of: /[0-9a-f]{24}/) != nil)
                #expect(next.executions == 1 && next.exceptionExecutions == ["[IOError, EOFError]": 1])
                #expect(next.payload.description.contains(#""arguments":[1.0]"#))
                #expect(next.payload.description.contains(#""extra":{"a":1e2}"#))
                #expect(next.payload.createdAt?.unit == .milliseconds)
                let due = try #require(try await probe.score("schedule", next.payload.description))
                #expect((before + 600...before + 660).contains(due))
                let scheduled = try #require(next.scheduledAt).timestamp.seconds
                #expect(abs(scheduled - due) < 60)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "retry") == 0)
            #expect(try await probe.string("stat:processed") == "1")
            #expect(try await probe.string("stat:failed") ?? "0" == "0")
        }
    }

    @Test("after the last attempt the error is Sidekiq's, whose retry leaves ActiveJob's counts alone")
    func exhaustion() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.activeJob("J", rules: [.retryOn(Boom.self, attempts: 3)]) { _, context in
                journal.note("\(context.executions)")
                throw Boom()
            }
            try await withRailsWorker(on: probe, [handler]) {
                try await probe.enqueueRails("J")
                for attempt in 1...2 {
                    try await journal.wait(for: attempt)
                    _ = try await probe.wait(for: 1, in: "schedule")
                    try await makeDue(probe)
                }
                let failed = try ActiveJobEnvelope(try #require(try await probe.wait(for: 1, in: "retry").first))
                #expect(journal.entries == ["1", "2", "3"])
                #expect(failed.executions == 2 && failed.exceptionExecutions == ["[Boom]": 2])
                #expect(failed.payload.retryCount == 0 && failed.payload["error_message"] == "boom")
                #expect(failed.jobID == "id-1")
            }
        }
    }

    @Test("a rule for several errors, or for those that a closure picks, counts their attempts together")
    func severalErrors() async throws {
        try await withProbe { probe in
            let rules: [ActiveJobRule] = [
                .discardOn([CancellationError.self, Other.self]),
                .retryOn([Boom.self, POSIXError.self], as: ["IOError", "EOFError"], attempts: 2),
                .retryOn(counting: ["Busy"]) { ($0 as? Boom)?.description == "busy" },
                .discardOn { ($0 as? Boom)?.description == "gone" },
            ]
            let handler = Handler.activeJob("J", rules: rules) { arguments, _ in
                switch arguments.values.first?.string {
                case "other": throw Other()
                case "posix": throw POSIXError.io
                case let text: throw Boom(description: text ?? "")
                }
            }
            try await withRailsWorker(on: probe, [handler]) {
                for text in ["boom", "posix", "busy", "gone", "other"] {
                    try await probe.enqueueRails("J", #"["\#(text)"]"#, jid: text)
                }
                let next = try await probe.wait(for: 3, in: "schedule").map { try ActiveJobEnvelope($0) }
                let counts = next.map { "\($0.providerJobID ?? "") \($0.exceptionExecutions)" }.sorted()
                #expect(
                    counts == [
                        #"boom ["[IOError, EOFError]": 1]"#, #"busy ["[Busy]": 1]"#,
                        #"posix ["[IOError, EOFError]": 1]"#,
                    ])
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "retry") == 0, "two were discarded")
        }
    }

    private enum POSIXError: Error { case io }

    @Test("rules count apart, the last that matches applies, and other errors are Sidekiq's")
    func severalRules() async throws {
        try await withProbe { probe in
            let handler = Handler.activeJob(
                "J",
                rules: [
                    .discardOn((any Error).self),
                    .retryOn(Boom.self, wait: .custom { _ in .zero }, attempts: nil, queue: "other", priority: 8),
                ]
            ) { arguments, _ in
                if arguments.values.isEmpty { throw Boom() }
                throw Other()
            }
            try await withRailsWorker(on: probe, [handler]) {
                try await probe.enqueueRails("J", inner: #","x":1"#)
                try await probe.enqueueRails("J", "[1]", jid: "discarded")
                try await eventually("it is in the other queue at once") {
                    try await probe.number("LLEN", "queue:other") == 1
                }
                try await probe.waitUntilDrained()
            }
            let next = try ActiveJobEnvelope(JobPayload(parsing: Array(try await probe.queue("other")[0].utf8)))
            #expect(next.queueName == "other" && next.payload.queue == "other" && next.priority == 8)
            #expect(next.scheduledAt == nil && next.payload.enqueuedAt != nil && next["x"] == 1)
            #expect(try await probe.set("queues").contains("other"))
            #expect(try await probe.number("EXISTS", "retry", "schedule", "dead") == 0)
        }
    }

    @Test("hooks are called when attempts have run out and when a job is discarded")
    func hooks() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers: [Handler] = [
                .activeJob(
                    "A", rules: [.retryOn(Boom.self, attempts: 1) { error, _ in journal.note("gave up: \(error)") }]
                ) {
                    _, _ in throw Boom()
                },
                Handler(
                    for: ReportJob.self,
                    rules: [
                        .discardOn(ArgumentsError.self) { error, context in
                            journal.note("discarded \(context.jobID): \(error)")
                        }
                    ]
                ) { _, _ in },
            ]
            try await withRailsWorker(on: probe, handlers) {
                try await probe.enqueueRails("A")
                try await journal.wait(for: 1)
                try await probe.enqueueRails("ReportJob", "[]")
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries[0] == "gave up: boom")
            #expect(journal.entries[1].hasPrefix("discarded id-1: arguments[0] (account): missing"))
            #expect(try await probe.number("EXISTS", "retry", "schedule", "dead") == 0)
        }
    }

    @Test("a directive of the handler comes before any rule")
    func directives() async throws {
        try await withProbe { probe in
            let handler = Handler.activeJob("J", rules: [.discardOn((any Error).self)]) { _, _ in
                throw JobDirective.snooze(for: .seconds(600))
            }
            try await withRailsWorker(on: probe, [handler]) {
                try await probe.enqueueRails("J")
                let snoozed = try await probe.wait(for: 1, in: "schedule")
                #expect(snoozed.first?.jid == "jid-1")
            }
        }
    }

    @Test("a job stays where it is when its next attempt cannot be written, and nothing is lost")
    func refusedArrival() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "schedule", "of the wrong type")
            let handler = Handler.activeJob("J", rules: [.retryOn(Boom.self)]) { _, _ in throw Boom() }
            try await withRailsWorker(on: probe, [handler]) {
                try await probe.enqueueRails("J")
                try await eventually("the job is in flight") {
                    guard try await probe.number("LLEN", "queue:q") == 0 else { return false }
                    return try await inflight(probe).count == 1
                }
                try await probe.send("DEL", "schedule")
                let next = try await probe.wait(for: 1, in: "schedule")
                #expect(try ActiveJobEnvelope(next[0]).executions == 1)
                #expect(try await inflight(probe).isEmpty)
            }
        }
    }

    private func inflight(_ probe: RedisProbe) async throws -> [String] {
        var all: [String] = []
        for identity in try await probe.set("flume:processes") {
            all += try await probe.hash("flume:inflight:\(identity)").values
        }
        return all
    }

    @Test("the next attempt goes through the client's middleware, which may change it or stop it")
    func clientMiddleware() async throws {
        struct Marking: ClientMiddleware {
            func push(
                _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
            ) async throws -> JobPayload? {
                guard payload.jid != nil, payload["stop"] == nil else { return nil }
                var payload = payload
                payload.set("marked", to: true)
                return try await next(payload)
            }
        }
        try await withProbe { probe in
            let handler = Handler.activeJob("J", rules: [.retryOn(Boom.self)]) { _, _ in throw Boom() }
            try await withRailsWorker(on: probe, [handler]) {
                $0.clientMiddleware = [Marking()]
            } _: {
                try await probe.enqueueRails("J", jid: "stopped", outer: #","stop":true"#)
                try await probe.enqueueRails("J")
                let next = try await probe.wait(for: 1, in: "schedule")
                try await probe.waitUntilDrained()
                #expect(next.map { $0["marked"] } == [true])
                #expect(try await probe.number("ZCARD", "schedule") == 1)
            }
        }
    }

    @Test(
        "waits follow Rails' formulas",
        arguments: [
            (RetryWait.fixed(.milliseconds(3900)), 1, 3.9), (.fixed(.seconds(-1)), 1, 0), (.polynomiallyLonger, 1, 3),
            (.polynomiallyLonger, 2, 18), (.polynomiallyLonger, 5, 627), (.polynomiallyLonger, .max, 3.2e9),
            (.custom { .milliseconds($0) }, 7, 0.007),
        ])
    func waits(wait: RetryWait, executions: Int, seconds: Double) {
        var generator = SeededGenerator(seed: 1)
        #expect(wait.delay(after: executions, jitter: 0, using: &generator) == .seconds(seconds))
    }

    @Test("jitter adds at most its share, and covers all of it")
    func jitter() {
        var generator = SeededGenerator(seed: 7)
        let drawn = (0..<400).map { _ in
            RetryWait.polynomiallyLonger.delay(after: 10, jitter: 0.15, using: &generator) / .seconds(1) - 10_002
        }
        #expect(drawn.allSatisfy { (0..<1500).contains($0) })
        #expect(Set(drawn.map { Int($0 / 150) }).count == 10)
    }
}
