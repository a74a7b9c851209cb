@testable import Flume
import FlumeRedis
import FlumeStore
import FlumeTesting
import FlumeWire
import FlumeWorker
import Testing

@Suite("Fake: jobs are collected")
struct FakeTests {
    private struct Tenant: ClientMiddleware {
        func push(
            _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
        ) async throws -> JobPayload? {
            var payload = payload
            if try payload.arguments().first == 13 { return nil }
            payload.set("tenant", to: "acme")
            return try await next(payload)
        }
    }

    @Test("what is enqueued can be asked for by type, by class, by arguments and by queue")
    func queries() async throws {
        let jobs = TestJobs()
        let jid = try await jobs.client.enqueue(email)
        try await jobs.client.push(JobPayload(jobClass: "LegacyRubyJob", arguments: [1, ["a": true]], queue: "ruby"))
        #expect(try jobs.enqueued(WelcomeEmail.self).map(\.userID) == [42])
        #expect(try jobs.enqueued(WelcomeEmail.self, in: "default").isEmpty)
        #expect(jobs.enqueued().map(\.jobClass) == ["WelcomeEmail", "LegacyRubyJob"])
        #expect(jobs.enqueued("WelcomeEmail", args: [42, "hello"], in: "mailers").map(\.jid) == [jid])
        #expect(jobs.enqueued("WelcomeEmail", args: [42, "bye"]).isEmpty)
        #expect(jobs.enqueued(args: [1, ["a": true]]).map(\.queue) == ["ruby"])
        #expect(jobs.waiting(in: "ruby").count == 1)
        #expect(jobs.waiting().count == 2)
    }

    @Test("the payload is the one that Redis would get: middleware, jid, times, options")
    func payload() async throws {
        let start = try #require(Timestamp(seconds: 1_800_000_000.5))
        let jobs = TestJobs(middleware: [Tenant()], start: start)
        try await jobs.client.enqueue(email)
        let payload = try #require(jobs.enqueued().first).payload
        #expect(payload["tenant"] == "acme")
        #expect(payload.jid?.count == 24)
        #expect(payload.createdAt == start)
        #expect(payload.enqueuedAt == start)
        #expect(payload.retry == .limit(5))
        #expect(payload.queue == "mailers")
    }

    @Test("what middleware stops or a check refuses is not collected")
    func refused() async throws {
        let jobs = TestJobs(middleware: [Tenant()])
        #expect(try await jobs.client.enqueue(Chain(left: 13)) == nil)
        await #expect(throws: PayloadError.self) {
            try await jobs.client.push([
                JobPayload(jobClass: "Fine"), JobPayload(jobClass: "Refused", queue: ""),
            ])
        }
        #expect(jobs.enqueued().isEmpty)
    }

    @Test("a job for later waits in schedule and knows its delay")
    func scheduled() async throws {
        let jobs = TestJobs()
        try await jobs.client.enqueue(email, after: .seconds(300))
        try await jobs.client.enqueue(email, after: .seconds(60))
        try await jobs.client.enqueueAll([.job(email), .job(email, after: .seconds(120))])
        #expect(jobs.enqueued().map(\.delay) == [.seconds(300), .seconds(60), nil, .seconds(120)])
        #expect(jobs.scheduled.map(\.delay) == [.seconds(60), .seconds(120), .seconds(300)])
        #expect(jobs.scheduled.allSatisfy { $0.payload.enqueuedAt == nil })
        #expect(jobs.waiting().count == 1)
    }

    @Test("clearing forgets jobs and runs, and keeps handlers")
    func clear() async throws {
        let journal = Journal()
        let jobs = TestJobs(handlers: HandlerRegistry { Handler.noting(journal) })
        try await jobs.client.enqueue(email)
        try await jobs.client.enqueue(email, after: .seconds(1))
        try await jobs.drain()
        jobs.clear()
        #expect(jobs.enqueued().isEmpty && jobs.scheduled.isEmpty && jobs.runs.isEmpty)
        try await jobs.client.enqueue(email)
        try await jobs.drain()
        #expect(journal.entries == ["hello", "hello"])
    }

    @Test("observers of the client's events are told of pushes")
    func events() async throws {
        var configuration = WorkerConfiguration()
        configuration.events = EventBus()
        var events = configuration.events.events().makeAsyncIterator()
        let jobs = TestJobs(configuration: configuration)
        try await jobs.client.enqueue(email)
        guard case .enqueued(queue: "mailers", count: 1, bytes: _) = await events.next() else {
            Issue.record("no event of the push")
            return
        }
    }

    @Test("what another task enqueues can be awaited")
    func awaited() async throws {
        let jobs = TestJobs()
        var pushes = jobs.pushes().makeAsyncIterator()
        let task = Task { try await jobs.client.enqueue(email) }
        #expect(await pushes.next()?.jobClass == "WelcomeEmail")
        _ = try await task.value
    }

    @Test("what a test does not stand in for fails, and says why")
    func unreachable() async throws {
        let error = await #expect(throws: RedisError.self) {
            _ = try await TestJobs().client.store.redis.send(RedisCommand("PING"))
        }
        #expect("\(String(describing: error))".contains("a-test-without-redis"))
    }

    @Test("a hundred tests at once do not see each other's jobs")
    func parallel() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let journal = Journal()
                    let jobs = TestJobs(handlers: HandlerRegistry { Handler.noting(journal) })
                    try await jobs.client.enqueue(WelcomeEmail(userID: number, template: "\(number)"))
                    try await jobs.drain()
                    #expect(try jobs.enqueued(WelcomeEmail.self).map(\.userID) == [number])
                    #expect(journal.entries == ["\(number)"])
                }
            }
            try await group.waitForAll()
        }
    }
}
