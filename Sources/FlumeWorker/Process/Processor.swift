import Flume
import FlumeStore
import FlumeWire
import Logging
import NIOCore

/// What happens to a delivery between fetch and settle: decode, middleware, handler, outcome.
///
/// One task for each job.
final class Processor: Sendable {
    let handlers: HandlerRegistry
    let middleware: [any ServerMiddleware]
    let limits: PayloadLimits
    let failures: FailureRule
    let unknownClass: UnknownClassPolicy
    let running: RunningJobs
    let settler: Settler
    let statistics: Statistics
    let environment: JobContext.Environment
    let timers: any EventLoop
    let clock: WallClock
    let logger: Logger

    init(
        handlers: HandlerRegistry, middleware: [any ServerMiddleware], limits: PayloadLimits, failures: FailureRule,
        unknownClass: UnknownClassPolicy, running: RunningJobs, settler: Settler, statistics: Statistics,
        jobs: JobClient,
        timers: any EventLoop, clock: WallClock, logger: Logger
    ) {
        self.handlers = handlers
        self.middleware = middleware
        self.limits = limits
        self.failures = failures
        self.unknownClass = unknownClass
        self.running = running
        self.settler = settler
        self.statistics = statistics
        self.environment = JobContext.Environment(jobs: jobs, logger: logger)
        self.timers = timers
        self.clock = clock
        self.logger = logger
    }

    /// Starts a task for each delivery and takes its slot.
    ///
    /// The slot is free again when the job has ended.
    ///
    /// The tasks are not children of anybody: a handler that ignores cancellation must not keep the worker from stopping.
    func start(_ deliveries: [Delivery], in lane: Lane) {
        lane.slots.take(deliveries.count)
        running.add(deliveries, startedAt: clock.secondsSinceEpoch)
        let tasks = deliveries.map { delivery in
            let deadline = lane.admission?.deadline(delivery.grant)
            return Task { [self] in
                await perform(delivery, in: lane, before: deadline)
                lane.slots.release()
            }
        }
        running.attach(tasks, to: deliveries)
    }

    private func perform(_ delivery: Delivery, in lane: Lane, before deadline: ContinuousClock.Instant?) async {
        let start = ContinuousClock.now
        let payload: JobPayload
        do throws(PayloadError) {
            payload = try JobPayload(parsing: delivery.payload, limits: limits)
        } catch {
            guard running.remove(delivery) != nil else { return }
            await bury(delivery, error)
            return
        }
        let jobClass = payload.handlerName ?? ""
        let handler = handlers[jobClass]
        let context = JobContext(
            payload: payload, queue: delivery.queue, jobClass: jobClass, environment: environment)
        if let deadline, deadline < .now {
            guard await readmit(delivery, in: lane) else { return }
        }
        logStart(context)
        let timer = handler?.timeout.map { cancel(delivery, after: $0, context) }
        var outcome = await attempt(handler, context, delivery.grant, in: lane)
        timer?.cancel()
        let elapsed = start.duration(to: .now)

        guard let entry = running.remove(delivery) else {
            context.logger.info("job was put back in its queue before it ended")
            return
        }
        if entry.isOverdue, case .failed = outcome, let timeout = handler?.timeout {
            outcome = .failed(JobTimeoutError(timeout: timeout))
        }
        statistics.record(
            jobClass: handler?.jobClass, queue: delivery.queue, elapsed: elapsed, ending: outcome.ending)
        if case .done = outcome {
            settler.finish(delivery)
            logDone(context, elapsed)
        } else {
            await settle(delivery, outcome, handler, context, elapsed)
        }
    }

    /// Asks the limits again for a job that could not start in time.
    ///
    /// - Returns: whether it may start; if not, it is back in its queue.
    private func readmit(_ delivery: Delivery, in lane: Lane) async -> Bool {
        logger.debug("a job could not start in time and asks its limits again")
        do {
            try await lane.admission?.readmit(delivery.grant)
            return true
        } catch {
            guard running.remove(delivery) != nil else { return false }
            _ = await settler.settle(
                Settlement(delivery, to: .front(queue: delivery.queue, payload: delivery.payload)))
            return false
        }
    }

    /// Cancels the job's task when time is up.
    ///
    /// A handler that goes on regardless is left alone.
    private func cancel(_ delivery: Delivery, after timeout: Duration, _ context: JobContext) -> Scheduled<Void> {
        timers.scheduleTask(in: TimeAmount(timeout)) { [running] in
            guard running.cancelOverdue(delivery) else { return }
            context.logger.warning(
                "job has run into its timeout and is cancelled", metadata: [LogKeys.reason: "\(timeout)"])
        }
    }

    /// Runs the handler inside the middleware, and sorts how it ended.
    private func attempt(
        _ handler: Handler?, _ context: JobContext, _ grant: Grant?, in lane: Lane
    ) async -> Outcome {
        if let problem = grant?.problem { return .failed(problem) }
        guard let handler else { return .unknownClass(UnknownClassError(jobClass: context.jobClass)) }
        do {
            try await call(handler, context, middleware[...])
            return .done
        } catch let error as RateLimitedError {
            await lane.admission?.backOff(retryAfter: error.retryAfter)
            return .snoozed(error.retryAfter ?? lane.admission?.pause ?? .seconds(1))
        } catch {
            return Outcome(thrown: error)
        }
    }

    private func call(
        _ handler: Handler, _ context: JobContext, _ chain: ArraySlice<any ServerMiddleware>
    ) async throws {
        guard let outermost = chain.first else { return try await handler.perform(context) }
        try await outermost.call(context) { context in
            try await call(handler, context, chain.dropFirst())
        }
    }

    /// Writes where a job goes that is not simply done, and calls the death hooks once it is there.
    private func settle(
        _ delivery: Delivery, _ outcome: Outcome, _ handler: Handler?, _ context: JobContext, _ elapsed: Duration
    ) async {
        let ruling = failures.ruling(
            on: outcome, payload: context.payload, queue: delivery.queue, handler: handler, unknownClass: unknownClass)
        let verdict: SettleReply.Verdict?
        if case .done = ruling.destination {
            settler.finish(delivery)
            verdict = .arrived
        } else {
            verdict = await settler.settle(Settlement(delivery, to: ruling.destination))
        }
        guard verdict == .arrived else {
            context.logger.warning("job was recovered by another process while it ran here; its outcome is dropped")
            return
        }
        log(ruling, context, elapsed)
        guard let death = ruling.death else { return }
        await failures.callDeathHooks(of: handler, death.payload, death.error, context.logger)
    }

    private func bury(_ delivery: Delivery, _ error: PayloadError) async {
        logger.error(
            "what was in the queue is no job and goes to the dead set as it is",
            metadata: [LogKeys.queue: "\(delivery.queue)", LogKeys.reason: "\(error)"])
        statistics.recordUnreadable()
        _ = await settler.settle(Settlement(delivery, to: .dead(payload: delivery.payload)))
    }
}
