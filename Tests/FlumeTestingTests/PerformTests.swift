import Flume
import FlumeTesting
import FlumeWire
import FlumeWorker
import Testing

@Suite("One handler by itself")
struct PerformTests {
    /// Waits for a quota that never opens, three times at most.
    private struct WelcomeHandler: JobHandler {
        let journal: Journal

        func perform(_ job: WelcomeEmail, context: JobContext) async throws {
            journal.note("\(context.jid) \(context.queue) \(context.attempt) \(job.template)")
            if Task.isCancelled { throw CancellationError() }
            guard context.attempt < 3 else { throw JobDirective.kill("no quota") }
            try await context.jobs.enqueue(Chain(left: 1))
            throw JobDirective.snooze(for: .seconds(60))
        }
    }

    private let journal = Journal()
    private var handler: Handler { Handler(WelcomeHandler(journal: journal)) }

    @Test("its ending is a value, and what it enqueues is collected")
    func ending() async throws {
        let jobs = TestJobs()
        let run = try await jobs.perform(email, with: handler, as: .init(jid: "abc"))
        #expect(run.ending == .snoozed(for: .seconds(60)))
        #expect(!run.ending.isFailure && run.error == nil)
        #expect(journal.entries == ["abc mailers 1 hello"])
        #expect(jobs.enqueued().map(\.jobClass) == ["Chain"])
        #expect(jobs.scheduled.isEmpty)
    }

    @Test("it may be any attempt, from any queue")
    func attempt() async throws {
        let jobs = TestJobs()
        let run = try await jobs.perform(email, with: handler, as: .init(jid: "abc", queue: "slow", attempt: 3))
        #expect(run.ending == .dead)
        #expect(run.error as? JobDirective == .kill("no quota"))
        #expect(run.written?["error_message"] == "no quota")
        #expect(journal.entries == ["abc slow 3 hello"])
    }

    @Test("it may be cancelled from the beginning: the job goes back, whatever the handler does")
    func cancelled() async throws {
        let jobs = TestJobs()
        let run = try await jobs.perform(email, with: handler, as: .init(isCancelled: true))
        #expect(run.ending == .interrupted)
        #expect(run.error is CancellationError)
        #expect(run.written == run.payload)
    }

    @Test("a batch handler runs with several jobs together, inside the middleware of each")
    func batch() async throws {
        let journal = journal
        let handler = Handler.batch(for: Chain.self) { batch in
            journal.note(batch.jobs.map { "\($0.left)" }.joined(separator: " "))
            return batch.jobs.map { $0.left == 1 ? .failed(Boom()) : .done }
        }
        struct Skip: HookMiddleware {
            func before(_ context: JobContext) async throws {
                if try context.payload.arguments() == [2] { throw JobDirective.discard("skipped") }
            }
        }
        let jobs = TestJobs(serverMiddleware: [Skip()])
        let runs = try await jobs.perform(batch: (0..<4).map { Chain(left: $0) }, with: handler)
        #expect(
            runs.map(\.ending) == [
                .done, .retried(after: .seconds(15)), .discarded(reason: "skipped"), .done,
            ])
        #expect(runs.map { $0.error is Boom } == [false, true, false, false])
        #expect(journal.entries == ["0 1 3"])
        #expect(Set(runs.map(\.jid)).count == 4)

        let slow = Handler.batch(for: Chain.self) { _ in try await Task.sleep(for: .seconds(60)) }
            .timeout(.milliseconds(10))
        let overdue = try await jobs.perform(batch: [Chain(left: 0), Chain(left: 1)], with: slow)
        #expect(overdue.allSatisfy { $0.error is JobTimeoutError })
    }

    @Test("without a handler given, the one of the class is run, inside the middleware")
    func registered() async throws {
        enum Seen: JobStorageKey { typealias Value = String }
        struct Note: HookMiddleware {
            func before(_ context: JobContext) async throws { context.storage[Seen.self] = context.jid }
        }
        let jobs = TestJobs(handlers: HandlerRegistry { handler }, serverMiddleware: [Note()])
        let run = try await jobs.perform(email, as: .init(jid: "abc"))
        #expect(run.storage?[Seen.self] == "abc")
        #expect(journal.entries.count == 1)
    }

    @Test("a raw payload runs too, with any fields")
    func raw() async throws {
        let jobs = TestJobs()
        let handler = Handler.raw("Ruby") { payload, context in
            #expect(payload["locale"] == "de")
            #expect(context.attempt == 2)
        }
        let payload = JobPayload(jobClass: "Ruby", arguments: [1])
        let run = await jobs.perform(payload, with: handler, as: .init(attempt: 2, extra: ["locale": "de"]))
        #expect(run.ending == .done)
        #expect(run.written == nil)
    }
}
