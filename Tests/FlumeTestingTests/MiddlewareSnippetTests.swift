// Middleware of an application, as the README shows it.
import Flume
import FlumeTesting
import FlumeWire
import FlumeWorker
import Logging
import Testing

enum Tenant: JobStorageKey { typealias Value = String }

struct Tenancy: HookMiddleware {
    func before(_ context: JobContext) async throws {
        guard let tenant = context.payload["tenant"]?.string else { throw JobDirective.kill("it names no tenant") }
        context.storage[Tenant.self] = tenant
    }

    func afterFailure(_ context: JobContext, error: any Error) async throws {
        context.logger.warning("job failed", metadata: ["tenant": "\(context.storage[Tenant.self] ?? "none")"])
    }
}

@Suite("The middleware of an application")
struct MiddlewareSnippetTests {
    private let mailer = Journal()
    private var handlers: HandlerRegistry {
        HandlerRegistry {
            Handler(for: WelcomeEmail.self) { [mailer] job, context in
                guard context.attempt > 1 else { throw Boom(description: "the mailer is busy") }
                mailer.note(job.template)
            }
        }
    }

    @Test("a job without a tenant is killed before its handler sees it")
    func tenant() async throws {
        let jobs = TestJobs(handlers: handlers, serverMiddleware: [Tenancy()])
        let job = WelcomeEmail(userID: 42, template: "hello")

        let orphan = try await jobs.perform(job)
        #expect(orphan.ending == .dead)
        #expect(mailer.entries.isEmpty)

        let run = try await jobs.perform(job, as: .init(attempt: 2, extra: ["tenant": "acme"]))
        #expect(run.ending == .done)
        #expect(run.storage?[Tenant.self] == "acme")
    }
}
