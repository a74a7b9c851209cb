import Flume
public import FlumeRedis
import FlumeStore
import FlumeWire
public import Logging
public import ServiceLifecycle
import Synchronization

/// A process that runs jobs: Sidekiq's server.
///
/// ```swift
/// let worker = Worker(redis: redis, handlers: handlers, pipelines: [
///     Pipeline("default", queues: ["critical": 3, "default": 1], concurrency: 50)
/// ], logger: logger)
/// try await ServiceGroup(services: [redis, worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
///
/// A job it has taken stays in a record in Redis until the same atomic step that writes where it goes next. When the
/// process dies, others put its jobs back within three leases.
public final class Worker: Service, Sendable {
    /// The version shown in the Web UI.
    static let version = "0.1.0"

    /// How it works.
    public let configuration: WorkerConfiguration
    /// The class names it has handlers for, sorted.
    public var jobClasses: [String] { handlers.jobClasses }

    private let redis: RedisClient
    private let handlers: HandlerRegistry
    private let pipelines: [Pipeline]
    private let middleware: [any ServerMiddleware]
    private let logger: Logger
    private let onReady: @Sendable (String) -> Void
    private let control = Mutex(Control())

    /// Calls that may come before ``run()`` does.
    private struct Control {
        var run: WorkerRun?
        var requested: Phase.Stage = .running
        /// What was last seen of a run that has ended.
        var last: WorkerHealth?
    }

    /// Makes a worker; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - redis: where the jobs are. The worker opens connections of its own beside it with the same settings.
    ///   - handlers: the code, by class.
    ///   - pipelines: queues and how many of their jobs run at a time; at least one.
    ///   - middleware: code around every job, the outermost first.
    ///   - configuration: everything else.
    ///   - logger: for what the worker says, with the job's jid, class and queue in the metadata.
    ///   - onReady: called with the process's identity once jobs are being fetched.
    public init(
        redis: RedisClient, handlers: HandlerRegistry, pipelines: [Pipeline], middleware: [any ServerMiddleware] = [],
        configuration: WorkerConfiguration = .init(), logger: Logger,
        onReady: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.redis = redis
        self.handlers = handlers
        self.pipelines = pipelines
        self.middleware = middleware
        self.configuration = configuration
        self.logger = logger
        self.onReady = onReady
    }

    /// Runs jobs until a graceful shutdown, ``stop()``, a stop signal, or cancellation of the calling task.
    ///
    /// Then it fetches no more, waits up to the shutdown timeout, puts what still runs back at the front of its queues,
    /// cancels it, and returns.
    ///
    /// A Redis that loads its data, runs somebody's long script or has no room for a client yet is waited for.
    ///
    /// - Throws: ``PipelineError`` when a pipeline or a number of the ``configuration`` cannot work; ``RedisError`` when
    ///   Redis cannot be used at all: wrong address, password, database, a replica, or older than 6.2.
    public func run() async throws {
        do {
            try Pipeline.validate(pipelines)
            try configuration.validate()
            guard try await isServerReady() else { return end(WorkerHealth(stage: .ended)) }
        } catch {
            end(WorkerHealth(stage: .ended))
            throw error
        }
        warnOfQueueNames()
        let parts = WorkerParts(
            redis: redis, handlers: handlers, pipelines: pipelines, middleware: middleware,
            configuration: configuration, logger: logger)
        let run = WorkerRun(parts, configuration: configuration, logger: logger)
        let requested = control.withLock { control in
            control.run = run
            control.last = nil
            return control.requested
        }
        run.parts.phase.advance(to: requested)
        let signals = SignalListener(configuration.signals) { signal, count in
            run.parts.signals.receive(signal, from: .operatingSystem, count: count)
        }
        defer {
            signals.stop()
            end(run.health)
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskExecutorPreference(run.taskExecutor) { await run.run(onReady: onReady) }
        } onCancelOrGracefulShutdown: {
            run.parts.phase.advance(to: .stopping)
        }
    }

    /// Refuses a Redis that cannot be right, and waits for one that is only not there yet.
    ///
    /// - Returns: whether it is there; `false` when the worker was told to stop while it waited.
    private func isServerReady() async throws -> Bool {
        // All keys of such a namespace are on one node.
        let allowsCluster = KeySpace(namespace: configuration.namespace).isHashTagged
        var outage = Outage("start", logger: logger, events: configuration.events)
        while true {
            do throws(RedisError) {
                let facts = try await redis.checkServer(allowsCluster: allowsCluster)
                outage.end()
                warnOfEviction(facts)
                return true
            } catch {
                guard [.loading, .busy, .clusterDown].contains(error.code) else { throw error }
                outage.begin(error)
            }
            let pause = outage.pause
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            let isStopped = control.withLock { $0.requested == .stopping }
            if isStopped || Task.isCancelled || Task.isShuttingDownGracefully { return false }
        }
    }

    /// Such a Redis works until its memory is full.
    ///
    /// Without a limit of memory it never deletes anything. Like Sidekiq's warning this one does not ask for the limit,
    /// which can be set at any time without a word to the workers.
    private func warnOfEviction(_ facts: RedisServerFacts) {
        guard let policy = facts.evictionPolicy, let evicted = facts.evicted else { return }
        let message: Logger.Message =
            switch evicted {
            case .anyKeys:
                "Redis may delete jobs when it is full: set its maxmemory-policy to noeviction"
            case .expiringKeys:
                "Redis may delete leases when it is full, and jobs run twice then: set its maxmemory-policy to noeviction"
            }
        logger.warning(message, metadata: [LogKeys.reason: "\(policy)"])
    }

    /// Such queues work, but nobody can look into them where operators look first.
    private func warnOfQueueNames() {
        let names = pipelines.flatMap(\.queues).map(\.name).filter { !KeySpace.isOpenInWebUI(queue: $0) }
        guard !names.isEmpty else { return }
        logger.warning(
            "Sidekiq's Web UI cannot open these queues: it needs names of A-Z, a-z, 0-9, \"_\", \":\", \".\" and \"-\"",
            metadata: [LogKeys.queue: "\(names.joined(separator: ", "))"])
    }

    /// Takes no more jobs and lets those that run come to their end.
    ///
    /// It cannot be undone. Sidekiq's Quiet, signal TSTP.
    public func quiet() { request(.quiet) }

    /// Stops as a graceful shutdown does.
    ///
    /// Sidekiq's Stop, signal TERM.
    public func stop() { request(.stopping) }

    /// Where the run under way is told what to fetch.
    func desk() throws(ControlError) -> ControlDesk {
        guard let run = control.withLock({ $0.run }) else { throw .notRunning }
        return run.parts.desk
    }

    /// How the worker is now.
    ///
    /// Cheap, and safe to ask on any thread and as often as one likes: it waits for nothing.
    public var health: WorkerHealth {
        let (run, last) = control.withLock { ($0.run, $0.last) }
        return run?.health ?? last ?? WorkerHealth(stage: .starting)
    }

    private func end(_ health: WorkerHealth) {
        var health = health
        health.stage = .ended
        // What stood still or was away at the end is of no interest any more.
        (health.loops, health.redis, health.lease) = ([], nil, nil)
        control.withLock { control in
            control.run = nil
            control.last = health
        }
    }

    private func request(_ stage: Phase.Stage) {
        let run = control.withLock { control in
            control.requested = max(control.requested, stage)
            return control.run
        }
        run?.parts.phase.advance(to: stage)
    }
}
