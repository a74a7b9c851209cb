import Flume
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@Suite("Mixed bulk")
struct EnqueueAllTests {
    private static let farAway = Timestamp(microseconds: 4_102_444_800_000_000)

    @Test("typed jobs, raw payloads, queues and times go in one call, with a result for each in order")
    func mixed() async throws {
        try await withProbe { probe in
            let results = try await probe.jobs().enqueueAll([
                .job(WelcomeEmail(userID: 1, template: "a")),
                .payload(JobPayload(jobClass: "Ruby", arguments: [1], queue: "ruby")),
                .job(PlainJob(value: 2), at: Self.farAway),
                .job(PlainJob(value: 3), after: .seconds(300), options: JobOptions(queue: "late")),
                .payload(JobPayload(jobClass: "Ruby", queue: "ruby"), after: .zero),
                .job(WelcomeEmail(userID: 2, template: "b"), options: JobOptions(queue: "mailers", jid: "mine")),
            ])
            #expect(results.count == 6 && results.allSatisfy { $0.jid != nil })
            #expect(results[5] == .enqueued(jid: "mine"))
            #expect(try await probe.payloads("mailers").map(\.jid) == [results[0].jid, "mine"])
            #expect(try await probe.payloads("ruby").map(\.jid) == [results[1].jid, results[4].jid])
            #expect(try await probe.set("queues") == ["mailers", "ruby"])
            let scheduled = try await probe.members("schedule").map { try JobPayload(parsing: Array($0.utf8)) }
            #expect(scheduled.map(\.jid) == [results[3].jid, results[2].jid])
            #expect(scheduled.map(\.queue) == ["late", "default"])
            #expect(scheduled.allSatisfy { $0.enqueuedAt == nil && $0.createdAt != nil })
            let now = try await probe.now()
            let due = try #require(try await probe.score("schedule", scheduled[0].description))
            #expect(abs(due - now - 300) < 60)
        }
    }

    @Test("an error names the item that was refused, and nothing was written", arguments: [0, 2, 4])
    func refused(index: Int) async throws {
        try await withProbe { probe in
            var items: [BulkItem] = (0..<4).map { .job(PlainJob(value: Double($0)), after: .seconds($0)) }
            items.insert(.job(PlainJob(value: .nan)), at: index)
            let error = await #expect(throws: BulkError.self) { try await probe.jobs().enqueueAll(items) }
            #expect(error?.index == index)
            #expect(error?.underlyingError is ArgumentsError)
            #expect(error?.description.contains("item \(index) of the bulk") == true)
            try await probe.expectEmpty()
        }
    }

    @Test("a payload that is too large, a delay without end and a middleware that throws are named too")
    func kinds() async throws {
        try await withProbe { probe in
            let good = BulkItem.job(PlainJob(value: 1))
            let limits = PayloadLimits(maximumBytes: 200)
            let large = BulkItem.payload(
                JobPayload(jobClass: "A", arguments: [.string(String(repeating: "x", count: 300))]))
            let tooLarge = await #expect(throws: BulkError.self) {
                try await probe.jobs(limits: limits).enqueueAll([good, large])
            }
            #expect(tooLarge?.index == 1 && tooLarge?.underlyingError is PayloadError)
            let endless = await #expect(throws: BulkError.self) {
                try await probe.jobs().enqueueAll([good, good, .job(PlainJob(value: 1), after: .seconds(Int64.max))])
            }
            #expect(endless?.index == 2 && endless?.underlyingError is ScheduleError)
            let refusing = Middleware { payload, next in
                if payload.queue == "no" { throw Refusal() }
                return try await next(payload)
            }
            let refused = await #expect(throws: BulkError.self) {
                try await probe.jobs(middleware: [refusing])
                    .enqueueAll([good, .payload(JobPayload(jobClass: "A", queue: "no"))])
            }
            #expect(refused?.index == 1 && refused?.underlyingError is Refusal)
            try await probe.expectEmpty()
        }
    }

    @Test("when Redis cannot take one of the queues, no job is written anywhere")
    func wrongType() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "queue:b", "text")
            await #expect(throws: RedisError.self) {
                try await probe.jobs().enqueueAll([
                    .payload(JobPayload(jobClass: "A", queue: "a")), .job(PlainJob(value: 1), at: Self.farAway),
                    .payload(JobPayload(jobClass: "A", queue: "b")),
                ])
            }
            #expect(try await probe.number("DBSIZE") == 1)
        }
    }

    @Test("a job that a middleware stops is told apart, and the others are written")
    func stopped() async throws {
        try await withProbe { probe in
            let picky = Middleware { payload, next in payload.queue == "no" ? nil : try await next(payload) }
            let results = try await probe.jobs(middleware: [picky]).enqueueAll([
                .payload(JobPayload(jobClass: "A", queue: "no")), .payload(JobPayload(jobClass: "A", queue: "yes")),
            ])
            #expect(results[0] == .stopped && results[0].jid == nil)
            #expect(try await probe.payloads("yes").map(\.jid) == [results[1].jid])
            #expect(try await probe.set("queues") == ["yes"])
        }
    }

    @Test("nothing at all is no error")
    func empty() async throws {
        try await withProbe { probe in
            #expect(try await probe.jobs().enqueueAll([]).isEmpty)
            try await probe.expectEmpty()
        }
    }
}
