import Flume
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@Suite("Enqueue")
struct EnqueueTests {
    @Test("a typed job lies in its queue as Ruby would have written it")
    func now() async throws {
        try await withProbe { probe in
            let before = try await probe.now()
            let jid = try #require(try await probe.jobs().enqueue(WelcomeEmail(userID: 42, template: "hello")))
            let payload = try #require(try await probe.payloads("mailers").first)
            #expect(payload.jobClass == "WelcomeEmail")
            #expect(payload.argumentBytes.map { String(decoding: $0, as: UTF8.self) } == #"[42,"hello",null]"#)
            #expect(payload.jid == jid)
            #expect(jid.count == 24 && jid.allSatisfy { $0.isHexDigit && !$0.isUppercase })
            #expect(payload.queue == "mailers")
            #expect(payload.retry == .limit(5))
            let created = try #require(payload.createdAt)
            #expect(created.unit == .floatSeconds)
            #expect((before - 1...before + 5).contains(created.seconds))
            #expect(payload.enqueuedAt == created)
            #expect(try await probe.set("queues") == ["mailers"])
        }
    }

    @Test("milliseconds are written as integers when that is the setting")
    func milliseconds() async throws {
        try await withProbe { probe in
            try await probe.jobs(unit: .milliseconds).enqueue(PlainJob(value: 1))
            let payload = try #require(try await probe.payloads("default").first)
            let raw = try #require(payload.rawValue("enqueued_at"))
            #expect(raw.count == 13 && raw.allSatisfy { (48...57).contains($0) })
        }
    }

    @Test("a delayed job waits in schedule under its time, without enqueued_at and without listing its queue")
    func after() async throws {
        try await withProbe { probe in
            let now = try await probe.now()
            try await probe.jobs().enqueue(PlainJob(value: 1), after: .milliseconds(90_500))
            let member = try #require(try await probe.members("schedule").first)
            let score = try #require(try await probe.score("schedule", member))
            #expect((now + 90...now + 95).contains(score))
            let payload = try JobPayload(parsing: Array(member.utf8))
            #expect(payload.enqueuedAt == nil)
            #expect(payload.createdAt != nil)
            #expect(payload.rawValue("at") == nil)
            #expect(try await probe.number("EXISTS", "queues") == 0)
        }
    }

    @Test("a job at a time to come waits for it; one in the past or after no delay is queued at once")
    func at() async throws {
        try await withProbe { probe in
            let jobs = probe.jobs()
            let future = try #require(Timestamp(seconds: 4_102_444_800.25))
            try await jobs.enqueue(PlainJob(value: 1), at: future)
            #expect(try await probe.score("schedule", try await probe.members("schedule")[0]) == 4_102_444_800.25)
            try await jobs.enqueue(PlainJob(value: 2), at: Timestamp(microseconds: 1_000_000))
            try await jobs.enqueue(PlainJob(value: 3), after: .zero)
            try await jobs.enqueue(PlainJob(value: 4), after: .seconds(-5))
            #expect(try await probe.payloads("default").map { try $0.arguments()[0].double } == [2, 3, 4])
            #expect(try await probe.payloads("default").allSatisfy { $0.enqueuedAt != nil })
        }
    }

    @Test(
        "a delay that no clock can show is an error and not a crash",
        arguments: [
            Duration.seconds(Int64.max), .seconds(9_223_372_036_854) + .microseconds(999_999),
        ])
    func absurdDelay(delay: Duration) async throws {
        try await withProbe { probe in
            await #expect(throws: ScheduleError.self) {
                try await probe.jobs().enqueue(PlainJob(value: 1), after: delay)
            }
            try await probe.expectEmpty()
        }
    }

    @Test("each option lands in its field, and those with Sidekiq's default are left out")
    func options() async throws {
        try await withProbe { probe in
            let options = JobOptions(
                queue: "low", retry: .none, tags: ["a", "b"], backtrace: .lines(7), retryFor: .seconds(3600),
                retryQueue: "slow", dead: false, jid: "my-own", extra: ["tenant": "acme", "bid": 7])
            #expect(try await probe.jobs().enqueue(PlainJob(value: 1), options: options) == "my-own")
            let payload = try #require(try await probe.payloads("low").first)
            #expect(payload.retry == .none)
            #expect(payload["tags"] == ["a", "b"])
            #expect(payload["backtrace"] == 7)
            #expect(payload["retry_for"] == 3600)
            #expect(payload["retry_queue"] == "slow")
            #expect(payload["dead"] == false)
            #expect(payload["tenant"] == "acme")
            #expect(payload["bid"] == 7)
            #expect(payload.jid == "my-own")

            try await probe.jobs().enqueue(PlainJob(value: 1))
            let plain = try #require(try await probe.payloads("default").first)
            for field in ["tags", "backtrace", "retry_for", "retry_queue", "dead"] {
                #expect(plain.rawValue(field) == nil, "\(field)")
            }
            #expect(plain.retry == .default)
        }
    }

    @Test("a raw payload keeps its fields and gets those that are missing")
    func raw() async throws {
        try await withProbe { probe in
            let text = #"{"class":"LegacyRubyJob","args":[1e3,{"a":[]}],"jid":"","x":1.50,"created_at":12,"at":99}"#
            #expect(try await probe.jobs().push(JobPayload(parsing: Array(text.utf8))) == "")
            let stored = try await probe.queue("default")[0]
            #expect(
                stored.hasPrefix(#"{"class":"LegacyRubyJob","args":[1e3,{"a":[]}],"jid":"","x":1.50,"created_at":12,"#))
            let payload = try JobPayload(parsing: Array(stored.utf8))
            #expect(payload["queue"] == "default")
            #expect(payload["retry"] == true)
            #expect(payload["at"] == nil)
            #expect(payload.enqueuedAt != nil)
        }
    }
}

@Suite("What is refused before it is written")
struct RefusedArgumentsTests {
    private func expectRefusal<E: Error>(
        _ type: E.Type, _ push: (JobClient) async throws -> Void
    ) async throws {
        try await withProbe { probe in
            let jobs = probe.jobs(limits: PayloadLimits(maximumBytes: 10_000))
            await #expect(throws: type) { try await push(jobs) }
            try await probe.expectEmpty()
        }
    }

    @Test("numbers that JSON has no form for", arguments: [Double.nan, .infinity, -.infinity])
    func notANumber(value: Double) async throws {
        try await expectRefusal(ArgumentsError.self) { try await $0.enqueue(PlainJob(value: value)) }
    }

    @Test("arguments nested deeper than Ruby reads")
    func tooDeep() async throws {
        try await withProbe { probe in
            try await probe.jobs().enqueue(DeepJob(nest: .init(depth: 90)))
            #expect(try await probe.queue("default").count == 1)
            await #expect(throws: (any Error).self) { try await probe.jobs().enqueue(DeepJob(nest: .init(depth: 101))) }
            #expect(try await probe.queue("default").count == 1)
        }
    }

    @Test("a payload larger than the limit, with the limit in the message")
    func tooLarge() async throws {
        try await withProbe { probe in
            let jobs = probe.jobs(limits: PayloadLimits(maximumBytes: 1000))
            let error = await #expect(throws: PayloadError.self) {
                try await jobs.enqueue(
                    WelcomeEmail(userID: 1, template: String(repeating: "x", count: 1000)))
            }
            #expect(error?.description.contains("1000") == true)
            try await probe.expectEmpty()
        }
    }

    @Test(
        "a raw payload whose args are no array, or that has none",
        arguments: [#"{"class":"A","args":{}}"#, #"{"class":"A"}"#])
    func arguments(text: String) async throws {
        try await expectRefusal(PayloadError.self) { try await $0.push(JobPayload(parsing: Array(text.utf8))) }
    }

    @Test("a queue without a name")
    func emptyQueue() async throws {
        try await expectRefusal(PayloadError.self) {
            try await $0.enqueue(PlainJob(value: 1), options: JobOptions(queue: ""))
        }
    }

    @Test("what a middleware made too large")
    func middleware() async throws {
        try await withProbe { probe in
            let inflate = Middleware { payload, next in
                var payload = payload
                payload.set("blob", to: .string(String(repeating: "x", count: 2000)))
                return try await next(payload)
            }
            let jobs = probe.jobs(middleware: [inflate], limits: PayloadLimits(maximumBytes: 1000))
            await #expect(throws: PayloadError.self) { try await jobs.enqueue(PlainJob(value: 1)) }
            try await probe.expectEmpty()
        }
    }
}
