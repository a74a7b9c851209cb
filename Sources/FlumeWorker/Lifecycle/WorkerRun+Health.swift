import FlumeRedis
import FlumeStore
import NIOCore
import Synchronization

extension WorkerRun {
    /// What health checks and metrics see.
    nonisolated var health: WorkerHealth {
        let now = NIODeadline.now()
        var health = WorkerHealth(stage: parts.phase.current.health)
        let (lease, trouble) = parts.lease.state(at: now)
        health.identity = parts.claims.tenure.identity
        health.startedAt = parts.startedAt
        health.lease = lease
        // A connection that nobody has needed yet has no answer, and is no trouble.
        let connections = parts.connections
        // That of the lease is silent by itself for a third of a lease, and its trouble is the lease's. That of the jobs is
        // silent while there are none, until it asks whether Redis is there.
        let rhythm = parts.hot.redis.configuration.keepAlive
        let silences = [
            parts.calm.redis.timeSinceLastReply, parts.hot.redis.timeSinceLastReply.map { max(.zero, $0 - rhythm) },
        ].compactMap(\.self)
        health.redis = WorkerHealth.Redis(
            silence: silences.max() ?? now.since(began.uptimeNanoseconds), trouble: trouble?.reason,
            troubleAge: trouble?.age ?? .zero,
            reconnects: connections.reduce(0) { $0 + Int(clamping: max(1, $1.generation) - 1) })
        health.redis?.clockSkew = .microseconds(parts.clock.skewMicroseconds)
        let lanes = parts.lanes.all
        let pulses = [
            parts.lease.pulse, parts.settler.pulse, parts.heartbeat.pulse, parts.poller.pulse, parts.recoverer.pulse,
            parts.control.pulse,
        ]
        health.loops = (pulses + lanes.map(\.pulse)).compactMap { $0.state(at: now) }
        health.pipelines = lanes.map { lane in
            var pipeline = WorkerHealth.Pipeline(
                name: lane.pipeline.name, isOpen: lane.gate.isOpen, busy: lane.slots.taken,
                concurrency: lane.concurrency)
            pipeline.stuck = lane.stuckCalls.count
            pipeline.blockedFor = lane.stuckCalls.age(ofAtLeast: lane.concurrency, at: now)
            return pipeline
        }
        health.counts = parts.statistics.counts
        health.counts.recovered = parts.recoverer.recoveries.load(ordering: .relaxed)
        health.counts.died += parts.recoverer.deaths.load(ordering: .relaxed)
        health.counts.leasesLost = parts.lease.losses.load(ordering: .relaxed)
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
