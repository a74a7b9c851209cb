import Flume
import FlumeTesting
import FlumeWire
import FlumeWorker
import Testing

@Suite("Inline: jobs run where they are enqueued")
struct InlineTests {
    @Test("a job has run when the push returns, also one for later")
    func runs() async throws {
        let journal = Journal()
        let jobs = TestJobs(.inline, handlers: HandlerRegistry { Handler.noting(journal) })
        let jid = try await jobs.client.enqueue(email)
        try await jobs.client.enqueue(WelcomeEmail(userID: 1, template: "late"), after: .seconds(300))
        #expect(journal.entries == ["hello", "late"])
        #expect(jobs.runs.first?.jid == jid)
        #expect(jobs.enqueued().count == 2)
        #expect(jobs.waiting().isEmpty && jobs.scheduled.isEmpty)
    }

    @Test("what a handler throws comes out of the push, and its job waits for its retry")
    func fails() async throws {
        let journal = Journal()
        let jobs = TestJobs(.inline, handlers: HandlerRegistry { Handler.failing(1, journal) })
        await #expect(throws: Boom.self) { try await jobs.client.enqueue(email) }
        #expect(jobs.retries.count == 1)
        try await jobs.advance(by: .seconds(15))
        #expect(journal.entries == ["hello"])
    }

    @Test("a class without a handler fails the push")
    func unknown() async throws {
        let jobs = TestJobs(.inline)
        await #expect(throws: UnknownClassError.self) { try await jobs.client.enqueue(email) }
    }

    @Test("arguments go through their encoding: one that does not fit the handler fails")
    func encoding() async throws {
        let handler = Handler("WelcomeEmail") { (_: JobContext, _: String, _: String) in }
        let jobs = TestJobs(.inline, handlers: HandlerRegistry { handler })
        await #expect(throws: ArgumentsError.self) { try await jobs.client.enqueue(email) }
    }

    @Test("jobs that a job enqueues run inside of it")
    func nested() async throws {
        let journal = Journal()
        let jobs = TestJobs(
            .inline,
            handlers: HandlerRegistry {
                Handler(for: Chain.self) { job, context in
                    journal.note("begin \(job.left)")
                    if job.left > 0 { try await context.jobs.enqueue(Chain(left: job.left - 1)) }
                    journal.note("end \(job.left)")
                }
            })
        try await jobs.client.enqueue(Chain(left: 1))
        #expect(journal.entries == ["begin 1", "begin 0", "end 0", "end 1"])
    }

    @Test("a snoozed job fails nothing and waits in schedule")
    func snoozed() async throws {
        let handler = Handler("S") { (_: JobContext) in throw JobDirective.snooze(for: .seconds(9)) }
        let jobs = TestJobs(.inline, handlers: HandlerRegistry { handler })
        try await jobs.client.push(JobPayload(jobClass: "S"))
        #expect(jobs.scheduled.map(\.delay) == [.seconds(9)])
    }

    @Test("all jobs of a bulk run, and the first failure is thrown")
    func bulk() async throws {
        let journal = Journal()
        let handler = Handler(for: Chain.self) { job, _ in
            journal.note("\(job.left)")
            if job.left == 1 { throw Boom() }
        }
        let jobs = TestJobs(.inline, handlers: HandlerRegistry { handler })
        await #expect(throws: Boom.self) {
            try await jobs.client.enqueue(contentsOf: [0, 1, 2].map { Chain(left: $0) })
        }
        #expect(journal.entries == ["0", "1", "2"])
    }
}
