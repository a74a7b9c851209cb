import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore

/// What happens to a delivery between fetch and settle: decode, middleware, handler, outcome.
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
    let events: EventBus
    let timers: any EventLoop
    let clock: WallClock
    let logger: Logger

    init(
        handlers: HandlerRegistry, middleware: [any ServerMiddleware], limits: PayloadLimits, failures: FailureRule,
        unknownClass: UnknownClassPolicy, running: RunningJobs, settler: Settler, statistics: Statistics,
        jobs: JobClient, events: EventBus, timers: any EventLoop, clock: WallClock, logger: Logger
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
        self.events = events
        self.timers = timers
        self.clock = clock
        self.logger = logger
    }

    /// Performs one job, from its bytes to its settlement.
    ///
    /// - Parameters:
    ///   - delivery: the job.
    ///   - lane: its pipeline.
    ///   - deadline: until when its limits let it start.
    ///   - isCancelled: whether it was cancelled before it began: then its handler does not begin.
    func perform(
        _ delivery: Delivery, in lane: Lane, before deadline: ContinuousClock.Instant?, isCancelled: Bool = false
    ) async {
        let start = ContinuousClock.now
        let payload: JobPayload
        do throws(PayloadError) {
            payload = try JobPayload(parsing: delivery.payload, limits: limits)
        } catch {
            guard running.end(delivery) != nil else { return }
            defer { running.endings.end() }
            await bury(delivery, error, in: lane)
            return
        }
        let jobClass = payload.handlerName ?? ""
        let handler = handlers[jobClass]
        let context = JobContext(
            payload: payload, queue: delivery.queue, jobClass: jobClass, environment: environment)
        if handler != nil, payload.lockUntilStart != nil, await unlock([(delivery, context)]).isEmpty { return }
        // Last, because it holds for a start right after it.
        if let deadline, deadline < .now {
            guard await readmit(delivery, handler, context, since: start, in: lane) else { return }
        }
        logStart(context)
        if handler != nil { reportStart(context, in: lane) }
        let timer = handler?.timeout.map { time([(delivery, context)], $0, in: lane) }
        let outcome =
            isCancelled || Task.isCancelled
            ? .failed(CancellationError()) : await attempt(handler, context, delivery.grant)
        timer?.end()
        await end(delivery, outcome, handler, context, start.duration(to: .now), in: lane)
    }

    /// What follows on the handler, for a job that ran alone or in a batch: counted, settled, logged.
    func end(
        _ delivery: Delivery, _ outcome: Outcome, _ handler: Handler?, _ context: JobContext, _ elapsed: Duration,
        in lane: Lane
    ) async {
        var outcome = outcome
        guard let entry = running.end(delivery) else {
            context.logger.info("job was put back in its queue before it ended")
            reportInterrupted(context, in: lane)
            return
        }
        defer { running.endings.end() }
        if entry.isCancelled, !outcome.isFinal {
            outcome = .cancelled
        } else if case .failed(let error) = outcome {
            if entry.isOverdue, let timeout = handler?.timeout {
                outcome = .failed(JobTimeoutError(timeout: timeout))
            } else if let limited = error as? RateLimitedError {
                let pause = await lane.admission?.backOff(for: context.payload, retryAfter: limited.pause)
                outcome = .snoozed(limited.pause ?? pause ?? .seconds(1))
            }
        }
        statistics.record(
            jobClass: handler?.jobClass, queue: delivery.queue, elapsed: elapsed, ending: outcome.ending)
        if case .done = outcome {
            settler.finish(delivery, releasing: Destination.done.lock(of: context.payload))
            logDone(context, elapsed)
            reportDone(context, elapsed, in: lane)
        } else {
            await settle(delivery, outcome, handler, context, elapsed, in: lane)
        }
    }

    /// Asks the limits again for a job that could not start in time.
    ///
    /// - Returns: whether it may start; if not, it is back in its queue, or has come to its end if it was cancelled.
    private func readmit(
        _ delivery: Delivery, _ handler: Handler?, _ context: JobContext, since start: ContinuousClock.Instant,
        in lane: Lane
    ) async -> Bool {
        logger.debug("a job could not start in time and asks its limits again")
        do {
            try await lane.admission?.readmit(delivery)
            return true
        } catch {
            if running.isCancelled(delivery) {
                await end(delivery, .cancelled, handler, context, start.duration(to: .now), in: lane)
            } else {
                await putBack([delivery])
            }
            return false
        }
    }

    /// Puts jobs that did not start back at the front of their queues.
    func putBack(_ deliveries: [Delivery]) async {
        // What was taken last goes back first, so that the oldest is the next to run.
        let ours = deliveries.filter { running.end($0) != nil }.sorted { $0.sequence > $1.sequence }
        defer { for _ in ours { running.endings.end() } }
        _ = await settler.settle(ours.map { Settlement($0, to: .front(queue: $0.queue, payload: $0.payload)) })
    }

    /// Has the call for a job, or for a batch of them, cancelled when its time is up, and reported when it goes on regardless.
    func time(
        _ jobs: [(delivery: Delivery, context: JobContext)], _ timeout: Duration, in lane: Lane
    ) -> HandlerTimer {
        HandlerTimer(timeout, on: timers, counting: lane.stuckCalls) { [running] in
            let count = running.cancelOverdue(jobs.map(\.delivery))
            if count > 0 { Self.logOverdue(jobs.map(\.context), timeout) }
            return count > 0
        } report: { [self] in
            let still = jobs.filter { running.contains($0.delivery) }.map(\.context)
            logStuck(still, timeout)
            for context in still { reportStuck(context, after: timeout + HandlerTimer.grace, in: lane) }
        }
    }

    /// Runs the handler inside the middleware, and sorts how it ended.
    private func attempt(_ handler: Handler?, _ context: JobContext, _ grant: Grant?) async -> Outcome {
        if let problem = grant?.problem { return .failed(problem) }
        guard let handler else {
            return unknownClass.outcome(for: context.payload, of: context.jobClass, from: context.queue)
        }
        FaultPoint.pass("handler.before")
        defer { FaultPoint.pass("handler.after") }
        do {
            try await middleware[...].call(context, handler.perform)
            return .done
        } catch {
            return Outcome(thrown: error)
        }
    }

    /// Writes where a job goes that is not simply done, and calls the death hooks once it is there.
    private func settle(
        _ delivery: Delivery, _ outcome: Outcome, _ handler: Handler?, _ context: JobContext, _ elapsed: Duration,
        in lane: Lane
    ) async {
        let ruling = await failures.ruling(
            on: outcome, payload: context.payload, queue: delivery.queue, handler: handler, unknownClass: unknownClass,
            pipeline: lane.pipeline.retryRule
        ).asking(handler, context.logger)
        let lock = outcome.lock(of: context.payload, at: failures.clock.now, to: ruling.destination)
        let verdict: SettleReply.Verdict?
        // Death hooks are called once the death is written, also where nothing is kept of the job.
        if case .done = ruling.destination, ruling.death == nil {
            settler.finish(delivery, releasing: lock)
            verdict = .arrived
        } else {
            verdict = await settler.settle(Settlement(delivery, to: ruling.destination, releasing: lock))
        }
        guard verdict == .arrived else {
            context.logger.warning("job was recovered by another process while it ran here; its outcome is dropped")
            reportInterrupted(context, in: lane)
            return
        }
        statistics.record(ruling)
        log(ruling, context, elapsed)
        report(ruling, outcome, context, elapsed, in: lane)
        guard let death = ruling.death else { return }
        await failures.callDeathHooks(of: handler, death.payload, death.error, context.logger)
    }

    private func bury(_ delivery: Delivery, _ error: PayloadError, in lane: Lane) async {
        logger.error(
            "what was in the queue is no job and goes to the dead set as it is",
            metadata: [LogKeys.queue: "\(delivery.queue)", LogKeys.reason: "\(error)"])
        statistics.recordUnreadable()
        _ = await settler.settle(Settlement(delivery, to: .dead(payload: delivery.payload)))
        reportUnreadable(delivery, error, in: lane)
    }
}
