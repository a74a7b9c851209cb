public import FlumeRedis
import FlumeStore
import FlumeWire

extension Inspector {
    /// Reads the facts.
    ///
    /// Large sets are counted and not read. The figures are of about one moment, not of exactly one.
    ///
    /// - Parameter jobLimit: how many running jobs to list at most.
    /// - Returns: the facts.
    /// - Throws: ``RedisError``.
    public func facts(jobLimit: Int = 1000) async throws(RedisError) -> QueueFacts {
        let redis = store.redis
        let sets = try await members(of: [
            keys.queues, keys.paused, keys.processes, keys.flumeProcesses, keys.flumePaused, limitsKey,
        ])
        let counts = try await redis.send([
            RedisCommand("TIME"), RedisCommand("MGET", keys.processedTotal, keys.failedTotal),
            RedisCommand("ZCARD", keys.schedule), RedisCommand("ZCARD", keys.retry), RedisCommand("ZCARD", keys.dead),
        ])
        let now = Timestamp(redis: counts[0])
        let totals = counts[1].array ?? []
        let processes = try await processSet.all()
        let running = try await runningJobs(of: processes.map(\.identity), limit: max(0, jobLimit))
        return QueueFacts(
            time: now.seconds, processed: totals.first?.integer ?? 0, failed: totals.last?.integer ?? 0,
            scheduled: counts[2].integer ?? 0, retries: counts[3].integer ?? 0, dead: counts[4].integer ?? 0,
            queues: try await queues(sets[0], paused: Set(sets[1]), now: now), processes: processes,
            running: running.count, jobs: running.jobs, inflight: try await inflight(of: sets[3]),
            pauses: QueueFacts.Pauses(
                all: sets[4].contains(KeySpace.everyPipeline),
                pipelines: sets[4].filter { $0 != KeySpace.everyPipeline }, queues: sets[1]),
            limits: try await limits(sets[5]))
    }

    private func queues(
        _ names: [String], paused: Set<String>, now: Timestamp
    ) async throws(RedisError) -> [QueueFacts.Queue] {
        let replies = try await store.redis.send(
            names.flatMap {
                [RedisCommand("LLEN", keys.queue($0)), RedisCommand("LINDEX", keys.queue($0), "-1")]
            })
        return names.enumerated().map { index, name in
            QueueFacts.Queue(
                name: name, size: replies[2 * index].integer ?? 0,
                latency: Self.latency(ofOldest: replies[2 * index + 1], now: now), paused: paused.contains(name))
        }
    }

    /// The age of the oldest job of a queue.
    static func latency(ofOldest reply: RedisReply, now: Timestamp) -> Double? {
        guard let bytes = reply.bytes else { return 0 }
        guard let payload = try? JobPayload(parsing: bytes), let enqueuedAt = payload.enqueuedAt else { return nil }
        return max(0, Double(now.microseconds - enqueuedAt.microseconds) / 1e6)
    }

    private func inflight(of identities: [String]) async throws(RedisError) -> [QueueFacts.InFlight] {
        let replies = try await store.redis.send(
            identities.flatMap {
                [RedisCommand("HLEN", keys.inflight($0)), RedisCommand("GET", keys.lease($0))]
            })
        return identities.enumerated().map { index, identity in
            let lease = replies[2 * index + 1]
            return QueueFacts.InFlight(
                process: identity, jobs: replies[2 * index].integer ?? 0,
                lease: lease.isNull ? .lapsed : lease.string == "buried" ? .buried : .held)
        }
    }
}
