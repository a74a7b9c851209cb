import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import Synchronization

/// The limits of a pipeline that hold for each key by itself.
final class KeyedAdmission: Sendable {
    /// Others may park and die: nobody relies on what they said about the time.
    private static let longestCheck = Duration.seconds(1)
    private static let shortestCheck = Duration.milliseconds(2)

    private let rule: KeyedLimit
    private let left = Mutex<Set<String>>([])
    private let pipeline: String
    private let keysOfJob: [Pipeline.KeyOfJob]
    private let payloadLimits: PayloadLimits
    private let store: JobStore
    private let events: EventBus
    private let logger: Logger
    private let nextCheck = Mutex(ContinuousClock.now)
    /// Keys to look at before their time.
    let freed: FreedKeys
    /// Keys that hold something of another type, or what is no job, so that it is said once.
    private let broken = Mutex<Set<String>>([])

    init(
        _ rules: [KeyedRateLimit], in pipeline: Pipeline, payloadLimits: PayloadLimits, store: JobStore, bell: Bell,
        events: EventBus, logger: Logger
    ) {
        let freed = FreedKeys(bell: bell)
        self.freed = freed
        rule = KeyedLimit(
            rules.map { ($0.name(in: pipeline.name), $0.limit.numbers) }, in: pipeline.name, keys: store.keys
        ) { freed.note($0) }
        self.pipeline = pipeline.name
        keysOfJob = rules.map(\.keyOfJob)
        self.payloadLimits = payloadLimits
        self.store = store
        self.events = events
        self.logger = logger
    }

    /// What holds for each key, and the queues that were left.
    var limit: KeyedLimit {
        var limit = rule
        limit.left = left.withLock { $0 }
        return limit
    }

    /// A queue is not read any more: what is parked from there goes back, and holds up no other job of its key.
    func leave(_ queue: String) {
        left.withLock { _ = $0.insert(queue) }
    }

    /// How long until somebody should look for parked jobs that may start.
    var untilCheck: Duration {
        guard freed.isEmpty else { return .zero }
        return max(.zero, ContinuousClock.now.duration(to: nextCheck.withLock { $0 }))
    }

    /// `wait` is `nil` when none is parked.
    func check(in wait: Duration?) {
        freed.noteParked(wait != nil)
        let next = ContinuousClock.now + max(Self.shortestCheck, min(wait ?? Self.longestCheck, Self.longestCheck))
        nextCheck.withLock { $0 = next }
    }

    /// Those of the jobs just fetched that may start; the others are parked in Redis.
    ///
    /// Asks until Redis answers. A job that was parked by a call whose answer was lost is not in flight any more, which
    /// is how the next call knows. When the worker stops before Redis has answered, they stay in flight, as what nobody
    /// runs here, and are put back at the end. What the limits of the pipeline counted for those that are parked, `gate`
    /// takes back.
    ///
    /// - Parameters:
    ///   - deliveries: what came.
    ///   - gate: the limits of the pipeline.
    ///   - lane: which waits while Redis is away.
    ///   - isStopped: whether the worker is to stop.
    ///   - declare: called when Redis has lost the numbers of the limits.
    /// - Returns: those that may start.
    func sift(
        _ deliveries: [Delivery], through gate: Gate?, pausing lane: Lane, until isStopped: () -> Bool,
        declare: () async -> Void
    ) async -> [Delivery] {
        var starting: [Delivery] = []
        var keyed: [(delivery: Delivery, keys: JobKeys)] = []
        for delivery in deliveries {
            // What is no job goes to the dead set by the usual way.
            guard let payload = try? JobPayload(parsing: delivery.payload, limits: payloadLimits) else {
                starting.append(delivery)
                continue
            }
            do {
                if let keys = try keys(of: payload) {
                    keyed.append((delivery, keys))
                } else {
                    starting.append(delivery)
                }
            } catch {
                starting.append(delivery.failing(error))
            }
        }
        guard !keyed.isEmpty else { return starting }
        var outage = Outage("ask a limit", logger: logger, events: events)
        while true {
            do throws(RedisError) {
                let reply = try await store.admit(keyed, by: limit)
                outage.end()
                if reply.due != nil { check(in: reply.due) }
                if reply.isUndeclared { await declare() }
                report(reply)
                tell(ofBroken: reply.brokenKeys)
                if reply.parked > 0, let gate, let time = deliveries.first?.grant?.time {
                    // If that fails, a limit lets a little less through for once.
                    _ = try? await store.acquire(0, enough: 0, of: gate, refunds: [time: reply.parked])
                }
                return starting + reply.failing + reply.deliveries
            } catch {
                outage.begin(error)
                if error.code == .closed || isStopped() { return starting }
                // Keeps time while handlers block every thread of the pool.
                await lane.pulse.rest(on: lane.bell, atMost: outage.pause)
            }
        }
    }

    private func keys(of payload: JobPayload) throws -> JobKeys? { try JobKeys(keysOfJob.map { try $0(payload) }) }

    /// The limits of a job's keys.
    func limits(for payload: JobPayload) -> [Limit] {
        // A closure that throws has already failed the job.
        (try? keys(of: payload)).flatMap { $0 }.map(limit.limits(for:)) ?? []
    }

    /// Says that jobs of keys with room pass.
    func reportAdmitted(_ count: Int) {
        events.emit(.admitted(pipeline: pipeline, limit: limit.name, count: count))
    }

    /// Says once of each key of Redis that it is in the way.
    func tell(ofBroken keys: Set<String>) {
        for key in broken.withLock({ broken in keys.filter { broken.insert($0).inserted } }) {
            logger.error(
                "a key of a limit holds something of another type, or what is no job; move that away",
                metadata: [LogKeys.pipeline: "\(pipeline)", LogKeys.limit: "\(limit.name)", LogKeys.key: "\(key)"])
        }
    }

    private func report(_ reply: JobStore.KeyedReply) {
        if !reply.deliveries.isEmpty { reportAdmitted(reply.deliveries.count) }
        if reply.parked > 0 {
            events.emit(.limited(pipeline: pipeline, limit: limit.name, wait: reply.due ?? .zero))
        }
    }
}
