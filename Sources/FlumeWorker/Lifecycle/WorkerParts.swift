import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging

/// The parts of a worker, wired in the order a job passes them.
final class WorkerParts: Sendable {
    let phase: Phase
    let signals: SignalReceiver
    let claims: Claims
    let running: RunningJobs
    let desk: ControlDesk
    let bell: Bell
    let hot: JobStore
    let calm: JobStore
    let vital: JobStore
    let lease: LeaseKeeper
    let settler: Settler
    let lanes: Lanes
    let control: ControlLoop
    let poller: Poller
    let recoverer: Recoverer
    let heartbeat: Heartbeat
    let statistics: Statistics
    let clock: WallClock
    /// Seconds since 1970.
    let startedAt: Double

    /// The connections of its own, besides those that wait on queues.
    var connections: [RedisClient] { [hot, calm, vital].map(\.redis) }

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
        self.clock = clock
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
        let phase = Phase(bell: bell)
        let signals = SignalReceiver(
            phase: phase, running: running, limits: configuration.payloadLimits, logger: logger)
        let processor = Processor(
            handlers: handlers, middleware: middleware, limits: configuration.payloadLimits, failures: failures,
            unknownClass: configuration.unknownClass, running: running, settler: settler, statistics: statistics,
            jobs: configuration.sharesWithExq ? jobs.sharingWithExq() : jobs,
            events: configuration.events, timers: calm.redis.eventLoop, clock: clock, logger: logger)

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
                limits: configuration.payloadLimits, timestampUnit: configuration.timestampUnit, clock: clock,
                sharesWithExq: configuration.sharesWithExq),
            logger: logger, events: configuration.events)
        self.recoverer = Recoverer(
            store: calm, claims: claims, lease: configuration.leaseDuration, poisonLimit: configuration.poisonLimit,
            limits: configuration.payloadLimits, failures: failures, handlers: handlers, endings: running.endings,
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
    }
}
