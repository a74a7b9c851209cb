package import Flume
package import FlumeStore
package import FlumeWire
package import Logging

/// Runs jobs as a worker does, without one: no Redis, no fetch, no limits.
///
/// FlumeTesting runs jobs with it, so that a test sees what the same handlers, middleware and retry rules do in a worker.
package struct JobRunner: Sendable {
    /// How a run ended, and where the job goes.
    package struct Report: Sendable {
        /// How it ended.
        package let outcome: Outcome
        /// What was thrown, if it failed.
        package let error: (any Error)?
        /// Where it goes.
        package let destination: Destination
        /// What middleware and handler left in the job's storage; `nil` for what is no job.
        package let storage: JobStorage?
        /// Whether the task was cancelled, as at the end of a shutdown: then the job is back in its queue, however it ended.
        package let isInterrupted: Bool
    }

    private let handlers: HandlerRegistry
    private let middleware: [any ServerMiddleware]
    private let configuration: WorkerConfiguration
    private let failures: FailureRule
    private let promotions: PromotionRule
    private let jobs: JobClient
    private let logger: Logger

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - handlers: the code, by class.
    ///   - middleware: code around every job, the outermost first.
    ///   - configuration: of which it reads what concerns a single job.
    ///   - jobs: what handlers enqueue with.
    ///   - now: the time.
    ///   - jitter: Sidekiq's, in seconds, for a `retry_count`.
    ///   - logger: for what handlers log.
    package init(
        handlers: HandlerRegistry, middleware: [any ServerMiddleware], configuration: WorkerConfiguration,
        jobs: JobClient, now: @escaping @Sendable () -> Timestamp, jitter: @escaping @Sendable (Int) -> Int,
        logger: Logger
    ) {
        let clock = WallClock { Int64(now().microseconds) }
        self.handlers = handlers
        self.middleware = middleware
        self.configuration = configuration
        self.jobs = jobs
        self.logger = logger
        failures = FailureRule(
            maximumRetries: configuration.maximumRetries, timestampUnit: configuration.timestampUnit, clock: clock,
            deathHooks: configuration.deathHooks, jitter: jitter)
        promotions = PromotionRule(
            limits: configuration.payloadLimits, timestampUnit: configuration.timestampUnit, clock: clock)
    }

    /// A member of `schedule` or `retry` as it arrives in its queue.
    package func promoted(_ member: [UInt8]) -> [UInt8] { promotions.promotion(of: member).payload }

    /// Runs a job, and calls the death hooks if it dies.
    ///
    /// - Parameters:
    ///   - bytes: the job as it is stored.
    ///   - queue: the queue it was taken from.
    ///   - pipeline: whose retry rule counts.
    /// - Returns: how it ended.
    package func run(_ bytes: [UInt8], from queue: String, in pipeline: Pipeline? = nil) async -> Report {
        do throws(PayloadError) {
            let payload = try JobPayload(parsing: bytes, limits: configuration.payloadLimits)
            let context = JobContext(payload, queue: queue, jobs: jobs, logger: logger)
            let handler = handlers[context.jobClass]
            return await report(await attempt(handler, context), handler, context, pipeline)
        } catch {
            return Report(
                outcome: .failed(error), error: error, destination: .dead(payload: bytes), storage: nil,
                isInterrupted: false)
        }
    }

    /// Runs jobs of one class in one batch, if their handler takes batches; else one by one.
    ///
    /// - Parameters:
    ///   - batch: the jobs.
    ///   - queue: the queue they were taken from.
    ///   - pipeline: whose retry rule counts.
    /// - Returns: how each ended.
    package func run(batch: [JobPayload], from queue: String, in pipeline: Pipeline? = nil) async -> [Report] {
        let contexts = batch.map { JobContext($0, queue: queue, jobs: jobs, logger: logger) }
        let handler = contexts.first.flatMap { handlers[$0.jobClass] }
        var outcomes: [Outcome] = []
        if let handler, let performBatch = handler.performBatch {
            outcomes = await within(handler.timeout) { await middleware[...].call(contexts, performBatch) }
        } else {
            for context in contexts { outcomes.append(await attempt(handler, context)) }
        }
        var reports: [Report] = []
        for (outcome, context) in zip(outcomes, contexts) {
            reports.append(await report(outcome, handler, context, pipeline))
        }
        return reports
    }

    /// Where a job goes, and who is told.
    private func report(
        _ outcome: Outcome, _ handler: Handler?, _ context: JobContext, _ pipeline: Pipeline?
    ) async -> Report {
        var outcome = outcome
        if case .failed(let limited as RateLimitedError) = outcome {
            outcome = .snoozed(limited.pause ?? .seconds(1))
        }
        if Task.isCancelled {
            return Report(
                outcome: outcome, error: outcome.failure,
                destination: .front(queue: context.queue, payload: context.payload.bytes), storage: context.storage,
                isInterrupted: true)
        }
        let ruling = await failures.ruling(
            on: outcome, payload: context.payload, queue: context.queue, handler: handler,
            unknownClass: configuration.unknownClass, pipeline: pipeline?.retryRule ?? RetryRule()
        ).asking(handler, context.logger)
        if let death = ruling.death {
            await failures.callDeathHooks(of: handler, death.payload, death.error, context.logger)
        }
        return Report(
            outcome: outcome, error: outcome.failure, destination: ruling.destination, storage: context.storage,
            isInterrupted: false)
    }

    /// Runs the handler inside the middleware, for no longer than its timeout.
    private func attempt(_ handler: Handler?, _ context: JobContext) async -> Outcome {
        guard let handler else {
            return configuration.unknownClass.outcome(
                for: context.payload, of: context.jobClass, from: context.queue)
        }
        let outcomes = await within(handler.timeout) {
            do {
                try await middleware[...].call(context, handler.perform)
                return [.done]
            } catch {
                return [Outcome(thrown: error)]
            }
        }
        return outcomes.first ?? .done
    }

    /// Cancels what runs when time is up; what has failed by then has failed for that.
    private func within(_ timeout: Duration?, _ body: @escaping @Sendable () async -> [Outcome]) async -> [Outcome] {
        guard let timeout else { return await body() }
        return await withTaskGroup(of: [Outcome]?.self) { group in
            group.addTask { await body() }
            group.addTask {
                // To sleep until a time that no clock can tell ends the process.
                try? await Task.sleep(for: min(timeout, WorkerConfiguration.longest))
                return nil
            }
            var isOverdue = false
            for await outcomes in group {
                group.cancelAll()
                guard let outcomes else {
                    isOverdue = !Task.isCancelled
                    continue
                }
                guard isOverdue else { return outcomes }
                return outcomes.map { outcome in
                    guard case .failed = outcome else { return outcome }
                    return .failed(JobTimeoutError(timeout: timeout))
                }
            }
            return []
        }
    }
}

extension Outcome {
    /// What was thrown, if that is a failure.
    fileprivate var failure: (any Error)? {
        do {
            try get()
            return nil
        } catch let directive as JobDirective where !directive.isFailure {
            return nil
        } catch {
            return error
        }
    }
}
