import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Glibc
import Logging
import NIOCore
import Synchronization

/// One run of a worker: the parts, wired in the order a job passes them, and their order of leaving.
///
/// It runs on an event loop: a worker whose handlers block every thread of Swift's pool can still put their jobs back.
actor WorkerRun {
    /// How long handlers have to end after they were cancelled.
    private static let cancellationGrace = Duration.seconds(3)
    /// How long Redis has to take the last counts and the good-bye.
    private static let farewellGrace = Duration.seconds(3)

    /// What ``run(onReady:)`` is to be called with as the task's preference.
    nonisolated var taskExecutor: any TaskExecutor { calm.redis.taskExecutor }
    nonisolated let phase: Phase
    nonisolated let signals: SignalReceiver
    nonisolated let claims: Claims
    nonisolated let running: RunningJobs
    nonisolated let desk: ControlDesk

    private let configuration: WorkerConfiguration
    private let logger: Logger
    private let bell: Bell
    private let hot: JobStore
    private let calm: JobStore
    private let vital: JobStore
    private let lease: LeaseKeeper
    private let settler: Settler
    private let lanes: Lanes
    private let control: ControlLoop
    private let poller: Poller
    private let recoverer: Recoverer
    private let heartbeat: Heartbeat
    private let statistics: Statistics
    private let mourning: Mourning
    private let startedAt: Double
    private let began = NIODeadline.now()
    private let overdue: Bell
    private let hasLeft: Bell
    private let executor: any SerialExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(
        redis: RedisClient, handlers: HandlerRegistry, pipelines: [Pipeline], middleware: [any ServerMiddleware],
        configuration: WorkerConfiguration, logger: Logger
    ) {
        let keys = KeySpace(namespace: configuration.namespace)
        let limits = DeadSetLimits(
            maximumJobs: configuration.deadSetMaximumJobs, seconds: Int(configuration.deadSetTimeout.components.seconds)
        )
        let hot = JobStore(redis: redis.sibling(name: "jobs"), keys: keys, deadSetLimits: limits)
        // When Redis comes back, those who are first to reconnect wait one lease for the others before they bury them.
        let longestPause = configuration.leaseDuration / 4
        let calm = JobStore(
            redis: redis.sibling(name: "heartbeat", longestPause: longestPause), keys: keys, deadSetLimits: limits)
        // The proof of life has a connection to itself: replies come in order, and neither a portion of due jobs nor
        // those of a dead process (megabytes both) may hold up a renewal. It must not look like death.
        let vital = JobStore(
            redis: redis.sibling(name: "lease", longestPause: longestPause, on: calm.redis.eventLoop), keys: keys)
        let bell = Bell(on: calm.redis.eventLoop)
        let clock = WallClock(hostMicroseconds: configuration.hostMicroseconds)
        let host = ProcessHost(hostname: configuration.hostname)
        let makeTenure: @Sendable () -> Tenure = { Tenure(identity: host.makeIdentity(), keys: keys) }
        let claims = Claims(makeTenure())
        let failures = FailureRule(
            maximumRetries: configuration.maximumRetries, timestampUnit: configuration.timestampUnit, clock: clock,
            deathHooks: configuration.deathHooks, sharesWithExq: configuration.sharesWithExq,
            argumentLogging: configuration.argumentLogging)
        let jobs = JobClient(
            store: JobStore(redis: redis, keys: keys), middleware: configuration.clientMiddleware,
            timestampUnit: configuration.timestampUnit, limits: configuration.payloadLimits,
            events: configuration.events, now: { clock.now })
        let lease = LeaseKeeper(
            store: vital, claims: claims, lease: configuration.leaseDuration, clock: clock, logger: logger,
            events: configuration.events, successor: makeTenure)
        let settler = Settler(store: hot, logger: logger, events: configuration.events) { lease.renounce($0) }
        let running = RunningJobs(idle: bell)
        let statistics = Statistics(reportsMetrics: configuration.reportsMetrics)
        let mourning = Mourning(idle: bell)
        let phase = Phase(bell: bell)
        let signals = SignalReceiver(
            phase: phase, running: running, limits: configuration.payloadLimits, logger: logger)
        let processor = Processor(
            handlers: handlers, middleware: middleware, limits: configuration.payloadLimits, failures: failures,
            unknownClass: configuration.unknownClass, running: running, settler: settler, statistics: statistics,
            mourning: mourning, jobs: configuration.sharesWithExq ? jobs.sharingWithExq() : jobs,
            events: configuration.events, timers: calm.redis.eventLoop, clock: clock, logger: logger)

        self.configuration = configuration
        self.logger = logger
        self.bell = bell
        self.phase = phase
        self.signals = signals
        self.claims = claims
        self.running = running
        self.hot = hot
        self.calm = calm
        self.vital = vital
        self.lease = lease
        self.settler = settler
        self.statistics = statistics
        self.mourning = mourning
        self.startedAt = Double(host.startedAt.microseconds) / 1e6
        let board = LimitBoard()
        let makeAdmission: @Sendable (Pipeline, Bell) -> Admission? = { pipeline, bell in
            Admission(pipeline, board: board, store: hot, bell: bell, configuration: configuration, logger: logger)
        }
        let lanes = Lanes(on: hot.redis.eventLoop, bell: bell, makeAdmission: makeAdmission) { lane in
            let batcher = lane.pipeline.batchRule.map {
                Batcher($0, in: lane, processor: processor, claims: claims, events: configuration.events)
            }
            let relay = Relay(in: lane, processor: processor)
            let fetcher = Fetcher(
                lane: lane, store: hot, claims: claims, lease: lease, logger: logger, events: configuration.events
            ) { deliveries in
                guard let batcher else { return relay.start(deliveries) }
                batcher.start(deliveries)
            } end: {
                batcher?.drain()
            }
            return (fetcher, batcher)
        }
        for pipeline in pipelines { lanes.add(pipeline) }
        self.lanes = lanes
        self.poller = Poller(
            store: calm, interval: configuration.pollInterval,
            rule: PromotionRule(
                limits: configuration.payloadLimits, timestampUnit: configuration.timestampUnit, clock: clock),
            logger: logger, events: configuration.events)
        self.recoverer = Recoverer(
            store: calm, claims: claims, lease: configuration.leaseDuration, poisonLimit: configuration.poisonLimit,
            limits: configuration.payloadLimits, failures: failures, handlers: handlers, mourning: mourning,
            logger: logger, events: configuration.events,
            places: { lanes.all.compactMap { $0.admission?.keyed?.limit.place } }
        ) { running.contains($0) || settler.holds($0) }
        let pauses = PauseBoard()
        let heartbeat = Heartbeat(
            store: calm, claims: claims, running: running, statistics: statistics, phase: phase, lanes: lanes,
            pauses: pauses, host: host, configuration: configuration, clock: clock, logger: logger
        ) { signals.receive($0, from: .webUI) }
        self.heartbeat = heartbeat
        self.desk = ControlDesk(
            store: calm, claims: claims, lanes: lanes, board: pauses, running: running, events: configuration.events,
            logger: logger
        ) { heartbeat.hurry() }
        self.control = ControlLoop(desk, on: calm.redis.eventLoop, logger: logger)
        self.overdue = Bell(on: calm.redis.eventLoop)
        self.hasLeft = Bell(on: calm.redis.eventLoop)
        self.executor = calm.redis.eventLoop.executor
    }

    /// Runs until the phase is `stopping`, then leaves in order.
    func run(onReady: @Sendable (String) -> Void) async {
        await lease.renew()
        let identity = claims.tenure.identity
        logger.notice("worker started", metadata: [LogKeys.identity: "\(identity)"])
        // Swift resumes a task on the generic executor before it changes to an actor's own. With an event loop in its
        // place no child ever waits for a thread of the pool.
        let (busy, calm) = (hot.redis.taskExecutor, calm.redis.taskExecutor)
        await withDiscardingTaskGroup { group in
            let (lease, settler, poller, recoverer, heartbeat) = (lease, settler, poller, recoverer, heartbeat)
            let control = control
            group.addTask(executorPreference: calm) { await lease.run() }
            group.addTask(executorPreference: busy) { await settler.run() }
            group.addTask(executorPreference: calm) { await heartbeat.run() }
            group.addTask(executorPreference: calm) { await poller.run() }
            group.addTask(executorPreference: calm) { await recoverer.run() }
            group.addTask(executorPreference: calm) { await self.closeWhenOverdue() }
            // Nobody fetches before it knows what is paused.
            group.addTask(executorPreference: calm) { await control.run() }
            startFetchers(in: &group)
            onReady(identity)
            while phase.current < .quiet {
                await bell.wait()
                startFetchers(in: &group)
            }
            logger.notice("worker is quiet: it takes no more jobs", metadata: [LogKeys.identity: "\(identity)"])
            lanes.close()
            poller.stop()
            await wait(for: .stopping)
            await leave()
        }
    }

    private func startFetchers(in group: inout DiscardingTaskGroup) {
        let lanes = lanes
        for fetcher in lanes.takeUnstarted() {
            group.addTask(executorPreference: hot.redis.taskExecutor) {
                await fetcher.run()
                lanes.ended(fetcher)
            }
        }
    }

    private func wait(for stage: Phase.Stage) async {
        while phase.current < stage { await bell.wait() }
    }

    /// Waits for a condition that rings the bell when it may have come true.
    private func wait(atMost limit: Duration, until isTrue: () -> Bool) async {
        let end = ContinuousClock.now + limit
        while !isTrue() {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return }
            await bell.wait(atMost: left)
        }
    }

    /// The order of leaving: wait, put back, cancel, settle what is left, say good-bye.
    private func leave() async {
        logger.notice(
            "worker is stopping and waits for running jobs", metadata: [LogKeys.count: "\(running.count)"])
        control.stop()
        await lanes.disconnect()
        await wait(atMost: configuration.shutdownTimeout) {
            running.count == 0 && lanes.isEmpty && mourning.isOver
        }
        overdue.ring()
        await putBack()
        recoverer.stop()
        settler.close()
        await settler.drained()
        await wait(atMost: Self.cancellationGrace) { mourning.isOver }
        heartbeat.stop()
        await heartbeat.farewell()
        lease.stop()
        await lease.ended()
        await giveUpLease()
        hasLeft.ring()
        if running.interrupted > 0, configuration.exitsWhenStuck {
            logger.critical(
                "handlers ignored their cancellation; their jobs are back in their queues, the process exits",
                metadata: [LogKeys.count: "\(running.interrupted)"])
            _exit(1)
        }
    }

    /// First back into the queues and only then cancelled: the other way round, a crash in between would lose nothing
    /// either, but the jobs would have to wait to be recovered.
    private func putBack() async {
        let entries = running.interrupt()
        lanes.letGo()
        guard !entries.isEmpty else { return }
        // What was taken last goes back first, so that the oldest is the next to run.
        let settlements = entries.map(\.delivery).sorted { $0.sequence > $1.sequence }
            .map { Settlement($0, to: .front(queue: $0.queue, payload: $0.payload)) }
        let arrived = await settler.settle(settlements)
        logger.warning(
            "patience ended; unfinished jobs are back at the front of their queues",
            metadata: [LogKeys.count: "\(arrived)"])
        for entry in entries { entry.task?.cancel() }
        await wait(atMost: Self.cancellationGrace) { running.interrupted == 0 }
    }

    private func giveUpLease() async {
        do throws(RedisError) {
            guard try await hot.leave(claims.tenure) > 0 else { return }
            try await recoverer.reclaimAll()
            let left = try await hot.leave(claims.tenure)
            guard left > 0 else { return }
            logger.warning(
                "jobs are still in flight and will be recovered by others", metadata: [LogKeys.count: "\(left)"])
        } catch {
            logger.warning("could not give up the lease; it will run out", metadata: [LogKeys.error: "\(error)"])
        }
    }

    /// Closes the connections once everything is written, or when Redis takes too long to take it.
    private func closeWhenOverdue() async {
        await overdue.wait()
        if await !hasLeft.wait(atMost: Self.cancellationGrace + Self.farewellGrace) {
            logger.error("Redis did not take the good-bye in time; what is in flight will be recovered by others")
        }
        await hot.redis.close()
        await calm.redis.close()
        await vital.redis.close()
    }

    // MARK: Health

    /// What health checks and metrics see.
    nonisolated var health: WorkerHealth {
        let now = NIODeadline.now()
        var health = WorkerHealth(stage: phase.current.health)
        let (lease, trouble) = lease.state(at: now)
        health.identity = claims.tenure.identity
        health.startedAt = startedAt
        health.lease = lease
        // A connection that nobody has needed yet has no answer, and is no trouble.
        let connections = [hot, calm, vital].map(\.redis)
        let silences = connections.compactMap(\.timeSinceLastReply)
        health.redis = WorkerHealth.Redis(
            silence: silences.max() ?? now.since(began.uptimeNanoseconds), trouble: trouble?.reason,
            troubleAge: trouble?.age ?? .zero,
            reconnects: connections.reduce(0) { $0 + Int(clamping: max(1, $1.generation) - 1) })
        let lanes = lanes.all
        let pulses = [self.lease.pulse, settler.pulse, heartbeat.pulse, poller.pulse, recoverer.pulse, control.pulse]
        health.loops = (pulses + lanes.map(\.pulse)).compactMap { $0.state(at: now) }
        health.pipelines = lanes.map { lane in
            WorkerHealth.Pipeline(
                name: lane.pipeline.name, isOpen: lane.gate.isOpen, busy: lane.slots.taken,
                concurrency: lane.concurrency)
        }
        health.counts = statistics.counts
        health.counts.recovered = recoverer.recoveries.load(ordering: .relaxed)
        health.counts.died += recoverer.deaths.load(ordering: .relaxed)
        health.counts.leasesLost = self.lease.losses.load(ordering: .relaxed)
        return health
    }
}

extension Phase.Stage {
    /// In the words of health checks.
    fileprivate var health: WorkerHealth.Stage {
        switch self {
        case .running: .running
        case .quiet: .quiet
        case .stopping: .stopping
        }
    }
}
