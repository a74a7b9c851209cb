import Flume
import FlumeTesting
import FlumeWire
import FlumeWorker
import Testing

@Suite("Fake: jobs are drained")
struct DrainTests {
    private static func registry(_ handlers: Handler...) -> HandlerRegistry { HandlerRegistry(handlers) }

    @Test("jobs run in order, with those that they enqueue, until there is none left")
    func chain() async throws {
        let journal = Journal()
        let chain = Handler(for: Chain.self) { job, context in
            journal.note("\(job.left)")
            if job.left > 0 { try await context.jobs.enqueue(Chain(left: job.left - 1)) }
        }
        let jobs = TestJobs(handlers: Self.registry(chain, .noting(journal)))
        try await jobs.client.enqueue(Chain(left: 2))
        try await jobs.client.enqueue(email)
        let report = try await jobs.drain()
        #expect(journal.entries == ["2", "hello", "1", "0"])
        #expect(report.count == 4 && report.failures.isEmpty)
        #expect(jobs.waiting().isEmpty)
        #expect(jobs.enqueued("Chain").count == 3)
    }

    @Test("a failed job is retried at its time without waiting, with the fields that Sidekiq writes")
    func retries() async throws {
        let journal = Journal()
        let jobs = TestJobs(handlers: Self.registry(.failing(2, journal)), jitter: { $0 + 3 })
        let start = jobs.clock.now
        try await jobs.client.enqueue(email)
        let report = try await jobs.drain()
        #expect(journal.entries == ["hello"])
        #expect(report.runs.map(\.ending) == [.retried(after: .seconds(18)), .retried(after: .seconds(20)), .done])
        #expect(report.failures.map(\.error).allSatisfy { $0 is Boom })
        #expect(report.runs.map { $0.ranAt.seconds - start.seconds }.map { $0.rounded() } == [0, 18, 38])
        let written = report.runs.map(\.written)
        #expect(written[0]?.retryCount == 0 && written[1]?.retryCount == 1 && written[2] == nil)
        #expect(written[0]?["error_message"] == "boom" && written[0]?["error_class"] == "Boom")
        #expect(report.runs[2].payload.enqueuedAt == jobs.clock.now)
    }

    @Test("a job that dies fails the drain after all others have run, and is in the dead set")
    func deaths() async throws {
        let journal = Journal()
        let chain = Handler(for: Chain.self) { _, _ in journal.note("c") }
        let jobs = TestJobs(handlers: Self.registry(.failing(9), chain))
        try await jobs.client.enqueue(email)
        try await jobs.client.enqueue(Chain(left: 0))
        let error = await #expect(throws: DrainError.self) { try await jobs.drain() }
        #expect(error?.reason == .deaths)
        #expect(error?.report.count == 7)
        #expect(error?.report.deaths.map(\.jobClass) == ["WelcomeEmail"])
        #expect(error?.description.contains("WelcomeEmail") == true && error?.description.contains("boom") == true)
        #expect(journal.entries == ["c"])
        #expect(jobs.dead.map(\.payload.retryCount) == [5])
    }

    @Test("with the scope due the clock stands still and retries wait")
    func due() async throws {
        let jobs = TestJobs(handlers: Self.registry(.failing(1)))
        let start = jobs.clock.now
        try await jobs.client.enqueue(email)
        let report = try await jobs.drain(.due)
        #expect(report.failures.count == 1)
        #expect(jobs.retries.map(\.delay) == [.seconds(15)])
        #expect(jobs.clock.now == start)
    }

    @Test("with the scope everything, jobs for later run in the order of their times")
    func everything() async throws {
        let journal = Journal()
        let jobs = TestJobs(handlers: Self.registry(.noting(journal)))
        for (delay, template) in [(300, "c"), (100, "a"), (200, "b")] {
            try await jobs.client.enqueue(WelcomeEmail(userID: 1, template: template), after: .seconds(delay))
        }
        try await jobs.drain()
        #expect(journal.entries.isEmpty)
        try await jobs.drain(.everything)
        #expect(journal.entries == ["a", "b", "c"])
    }

    @Test("advancing the clock runs what becomes due on the way, retries included, and no more")
    func advance() async throws {
        let journal = Journal()
        let jobs = TestJobs(handlers: Self.registry(.failing(1, journal)))
        let start = jobs.clock.now
        try await jobs.client.enqueue(email, after: .seconds(60))
        try await jobs.client.enqueue(WelcomeEmail(userID: 1, template: "late"), after: .seconds(61))
        #expect(try await jobs.advance(by: .seconds(59)).count == 0)
        #expect(try await jobs.advance(by: .seconds(16)).count == 3)
        #expect(journal.entries == ["hello"])
        #expect(try await jobs.advance(by: .seconds(1)).count == 1)
        #expect(journal.entries == ["hello", "late"])
        #expect(jobs.clock.now.microseconds - start.microseconds == 76_000_000)
    }

    @Test("a job without end is stopped at the limit, and kept")
    func limit() async throws {
        let forever = Handler(for: Chain.self) { job, context in try await context.jobs.enqueue(job) }
        let jobs = TestJobs(handlers: Self.registry(forever))
        try await jobs.client.enqueue(Chain(left: 1))
        let error = await #expect(throws: DrainError.self) { try await jobs.drain(limit: 20) }
        #expect(error?.reason == .limit(20))
        #expect(error?.report.count == 20)
        #expect(jobs.waiting().count == 1)
    }

    @Test("a class without a handler is treated as the policy says")
    func unknownClass() async throws {
        var configuration = WorkerConfiguration()
        configuration.unknownClass = .forward(toQueue: "ruby")
        let jobs = TestJobs(configuration: configuration)
        try await jobs.client.enqueue(email)
        #expect(await jobs.performNext()?.ending == .forwarded(toQueue: "ruby"))
        #expect(jobs.waiting(in: "ruby").count == 1)

        configuration.unknownClass = .dead
        let strict = TestJobs(configuration: configuration)
        try await strict.client.enqueue(email)
        let error = await #expect(throws: DrainError.self) { try await strict.drain() }
        #expect(error?.report.deaths.first?.error is UnknownClassError)
    }

    @Test("a directive ends the job as in a worker, and a snoozed one comes back at its time")
    func directives() async throws {
        let jobs = TestJobs(
            handlers: Self.registry(
                Handler("Snooze") { (_: JobContext) in throw JobDirective.snooze(for: .seconds(60)) },
                Handler("Discard") { (_: JobContext) in throw JobDirective.discard("no use") },
                Handler("Kill") { (_: JobContext) in throw JobDirective.kill("bad") },
                Handler("Limited") { (_: JobContext) in throw RateLimitedError(retryAfter: .seconds(7)) }))
        for name in ["Snooze", "Discard", "Limited", "Kill"] {
            try await jobs.client.push(JobPayload(jobClass: name, retry: .none))
        }
        let endings = [
            await jobs.performNext()?.ending, await jobs.performNext()?.ending, await jobs.performNext()?.ending,
            await jobs.performNext()?.ending,
        ]
        #expect(
            endings == [
                .snoozed(for: .seconds(60)), .discarded(reason: "no use"), .snoozed(for: .seconds(7)), .dead,
            ])
        #expect(jobs.scheduled.map(\.jobClass) == ["Limited", "Snooze"])
        #expect(jobs.dead.map { $0.payload["error_message"] } == ["bad"])
        #expect(await jobs.performNext() == nil)
    }

    @Test("handler, pipeline and worker decide on retries as in a worker, and death hooks are called")
    func rules() async throws {
        let journal = Journal()
        var configuration = WorkerConfiguration()
        configuration.deathHooks = [{ payload, _ in journal.note("worker \(payload.retryCount ?? -1)") }]
        let failing = Handler("Fails") { (_: JobContext) in throw Boom() }
            .onDeath { _, error in journal.note("handler \(error)") }
        let jobs = TestJobs(
            handlers: HandlerRegistry([failing]),
            pipelines: [
                Pipeline("p", queue: "default", concurrency: 1).maximumRetries(2).backOff(.fixed(.seconds(5)))
            ],
            configuration: configuration)
        try await jobs.client.push(JobPayload(jobClass: "Fails"))
        let error = await #expect(throws: DrainError.self) { try await jobs.drain() }
        #expect(
            error?.report.runs.map(\.ending) == [.retried(after: .seconds(5)), .retried(after: .seconds(5)), .dead])
        #expect(journal.entries == ["handler boom", "worker 2"])
    }

    @Test("a job that runs into its timeout is cancelled and fails")
    func timeout() async throws {
        let slow = Handler(for: WelcomeEmail.self) { _, _ in try await Task.sleep(for: .seconds(60)) }
            .timeout(.milliseconds(10))
        let jobs = TestJobs(handlers: Self.registry(slow))
        try await jobs.client.enqueue(email)
        let run = await jobs.performNext()
        #expect(run?.error is JobTimeoutError)
        #expect(run?.ending == .retried(after: .seconds(15)))
    }

    @Test("times that no clock can tell end nothing: a job with such a timeout runs, and one that wants it waits")
    func absurdTimes() async throws {
        let patient = Handler(for: WelcomeEmail.self) { _, _ in throw JobDirective.snooze(for: .seconds(Int64.max)) }
            .timeout(.seconds(Int64.max))
        let jobs = TestJobs(handlers: Self.registry(patient))
        try await jobs.client.enqueue(email)
        let run = await jobs.performNext()
        guard case .snoozed = run?.ending else {
            Issue.record("\(String(describing: run))")
            return
        }
    }

    @Test("a batch handler runs with one job")
    func batch() async throws {
        let journal = Journal()
        let batch = Handler.batch(for: WelcomeEmail.self) { batch in
            journal.note("\(batch.count)")
            return [.snooze(for: .seconds(1))]
        }
        let jobs = TestJobs(handlers: Self.registry(batch))
        try await jobs.client.enqueue(email)
        #expect(await jobs.performNext()?.ending == .snoozed(for: .seconds(1)))
        #expect(journal.entries == ["1"])
    }

    @Test("a drain whose task is cancelled stops, and the job is at the front of its queue")
    func cancelled() async throws {
        let (reached, continuation) = AsyncStream<Void>.makeStream()
        let slow = Handler(for: WelcomeEmail.self) { _, _ in
            continuation.finish()
            try await Task.sleep(for: .seconds(60))
        }
        let jobs = TestJobs(handlers: Self.registry(slow))
        try await jobs.client.enqueue(email)
        try await jobs.client.enqueue(Chain(left: 0))
        let drain = Task { try await jobs.drain() }
        for await _ in reached {}
        drain.cancel()
        let report = try await drain.value
        #expect(report.runs.map(\.ending) == [.interrupted])
        #expect(jobs.waiting().map(\.jobClass) == ["WelcomeEmail", "Chain"])
    }

    @Test("no span is too long: the clock stays in the year 9999")
    func longSpans() async throws {
        let snoozing = Handler(for: Chain.self) { job, _ in
            throw JobDirective.snooze(for: .seconds(job.left == 0 ? Int64.max : Int64.min))
        }
        let jobs = TestJobs(handlers: Self.registry(snoozing))
        try await jobs.client.enqueue(Chain(left: 0))
        #expect(await jobs.performNext()?.ending.isFailure == false)
        #expect(try await jobs.drain().count == 0)
        let end = Timestamp(microseconds: 253_402_300_799_000_000)
        try await jobs.client.enqueue(email)
        _ = try? await jobs.advance(by: .seconds(Int64.max), limit: 3)
        #expect(jobs.clock.now == end)
        _ = try? await jobs.advance(by: .seconds(Int64.max), limit: 3)
        _ = try? await jobs.advance(by: .seconds(Int64.min), limit: 3)
        #expect(jobs.clock.now == end)
        #expect(TestJobs(start: Timestamp(microseconds: .max)).waiting().isEmpty)
    }
}
