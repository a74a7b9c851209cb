// The Swift blocks of the chapter "Testing", word for word. They run, too.

import Flume
import FlumeRedis
import FlumeTesting
import FlumeWire
import FlumeWorker
import Logging
import Synchronization
import Testing

private struct SignUp {
    let jobs: JobClient

    func callAsFunction(userID: Int) async throws {
        try await jobs.enqueue(WelcomeEmail(userID: userID, template: "hello"))
        try await jobs.enqueue(WelcomeEmail(userID: userID, template: "tips"), after: .seconds(3 * 24 * 3600))
    }
}

private struct Busy: Error, CustomStringConvertible {
    var description: String { "the mailer is busy" }
}

private final class Outbox: Sendable {
    private let templates = Mutex<[String]>([])

    var sent: [String] { templates.withLock { $0 } }

    func send(_ template: String) { templates.withLock { $0.append(template) } }
}

@Suite("The tests of an application, as the README shows them")
struct TestingSnippets {
    private let mailer = Outbox()
    private var handlers: HandlerRegistry {
        HandlerRegistry {
            Handler(for: WelcomeEmail.self) { [mailer] job, context in
                guard context.attempt > 1 else { throw Busy() }
                mailer.send(job.template)
            }
        }
    }

    @Test("signing up sends a welcome now and tips after three days")
    func signUp() async throws {
        let jobs = TestJobs(handlers: handlers)
        try await SignUp(jobs: jobs.client)(userID: 42)

        #expect(try jobs.enqueued(WelcomeEmail.self).map(\.template) == ["hello", "tips"])
        #expect(jobs.enqueued("WelcomeEmail", args: [42, "hello"], in: "mailers").count == 1)
        #expect(jobs.scheduled.map(\.delay) == [.seconds(3 * 24 * 3600)])

        try await jobs.drain()  // its first attempt fails here, and the retry need not be waited for
        #expect(mailer.sent == ["hello"])

        try await jobs.advance(by: .seconds(4 * 24 * 3600))
        #expect(mailer.sent == ["hello", "tips"])
    }

    @Test("a busy mailer is tried again after 15 seconds")
    func retry() async throws {
        let run = try await TestJobs(handlers: handlers).perform(WelcomeEmail(userID: 42, template: "hello"))
        #expect(run.ending == .retried(after: .seconds(15)))
    }

    func realRedis(_ redis: RedisClient) async throws {
        try await withTestNamespace(on: redis) { namespace in
            let pipeline = Pipeline("all", queue: "mailers", concurrency: 5)
            try await namespace.withWorker(handlers, pipelines: [pipeline]) { _ in
                try await SignUp(jobs: namespace.client)(userID: 42)
                try await namespace.waitUntilIdle()
            }
        }
    }
}
