import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import Metrics
import NIOCore
import Synchronization

/// What the Web UI sees of this process, and hears from it: presence, running jobs, counts; signals come back the same way.
///
/// It proves nothing: whether a process lives is the lease's business. A beat that fails is made up for by the next.
actor Heartbeat {
    private let store: JobStore
    private let claims: Claims
    private let running: RunningJobs
    private let statistics: Statistics
    private let phase: Phase
    private let lanes: Lanes
    private let pauses: PauseBoard
    private let host: ProcessHost
    private let configuration: WorkerConfiguration
    private let clock: WallClock
    private let logger: Logger
    private let receive: @Sendable (String) -> Void
    private let bell: Bell
    private let hasEnded: Bell
    private let isStopped = Atomic(false)
    /// Whether the loop moves.
    nonisolated let pulse = Pulse("heartbeat")
    private let executor: any SerialExecutor
    private var outage: Outage
    /// Does not change while the identity and the pipelines do not.
    private var info: (record: ProcessRecord, json: [UInt8])?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// `receive` is called with the name of a signal that somebody sent through the Web UI.
    init(
        store: JobStore, claims: Claims, running: RunningJobs, statistics: Statistics, phase: Phase,
        lanes: Lanes, pauses: PauseBoard,
        host: ProcessHost, configuration: WorkerConfiguration, clock: WallClock, logger: Logger,
        receive: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.claims = claims
        self.running = running
        self.statistics = statistics
        self.phase = phase
        self.lanes = lanes
        self.pauses = pauses
        self.host = host
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.receive = receive
        self.bell = Bell(on: store.redis.eventLoop)
        self.hasEnded = Bell(on: store.redis.eventLoop)
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("write the heartbeat", logger: logger, events: configuration.events)
    }

    /// Beats at once and then once in each interval, until it is stopped.
    func run() async {
        while !isStopped.load(ordering: .acquiring) {
            pulse.move()
            await beat()
            await pulse.rest(on: bell, atMost: configuration.heartbeatInterval)
        }
        pulse.end()
        hasEnded.ring()
    }

    /// Ends ``run()``.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
    }

    /// Beats now.
    nonisolated func hurry() { bell.ring() }

    /// The last counts, and off the Busy page.
    func farewell() async {
        // A beat under way would put it back on the page.
        await hasEnded.wait(atMost: .seconds(1))
        await flush()
        do throws(RedisError) {
            try await store.withdraw(identity: claims.tenure.identity)
        } catch {
            logger.warning("could not leave the list of processes", metadata: [LogKeys.error: "\(error)"])
        }
    }

    private func beat() async {
        await flush()
        do throws(RedisError) {
            let roundTrip = try await store.ping()
            let signal = try await store.beat(presence(roundTrip))
            try await store.prunePresences()
            outage.end()
            if let signal { receive(signal) }
        } catch {
            outage.begin(error)
        }
    }

    private func flush() async {
        let delta = statistics.take()
        guard !delta.isEmpty else { return }
        do throws(RedisError) {
            try await store.add(delta, at: clock.now)
        } catch {
            // Counting twice would be as wrong as not at all, so counts come back only if they surely were not written.
            if error.isRetriable || error.code == .refused { statistics.restore(delta) }
            return
        }
        do throws(RedisError) {
            try await store.addMetrics(delta, at: clock.now, layout: configuration.metricsLayout)
        } catch {
            logger.debug("could not write the metrics of this beat", metadata: [LogKeys.error: "\(error)"])
        }
    }

    private func presence(_ roundTrip: Duration) -> Presence {
        let identity = claims.tenure.identity
        let entries = running.snapshot
        if configuration.reportsMetrics { Gauge(label: MetricNames.busy).record(entries.count) }
        let info = info(for: identity)
        return Presence(
            identity: identity,
            fields: info.record.hashFields(
                info: info.json, busy: entries.count, beat: clock.now, quiet: phase.current >= .quiet,
                residentKilobytes: host.residentKilobytes, roundTripMicroseconds: Int(roundTrip.seconds * 1e6))
                + [(PauseRecord.field, pauses.record.json)],
            work: BusyRows(of: entries, limits: configuration.payloadLimits).rows)
    }

    private func info(for identity: String) -> (record: ProcessRecord, json: [UInt8]) {
        let capsules = lanes.capsules
        if let info, info.record.identity == identity, info.record.capsules == capsules { return info }
        let record = ProcessRecord(
            hostname: host.hostname, startedAt: host.startedAt, pid: host.pid, tag: configuration.tag,
            capsules: capsules, labels: configuration.labels, identity: identity,
            version: "flume-\(Worker.version)")
        let info = (record, record.info)
        self.info = info
        return info
    }
}
