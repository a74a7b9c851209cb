package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let presenceSeconds = "60"

    /// One heartbeat: running jobs, presence, and the oldest signal somebody sent, as Sidekiq writes and reads them.
    ///
    /// - Returns: the signal's name, such as `TSTP`.
    package func beat(_ presence: Presence) async throws(RedisError) -> String? {
        var work: [RedisCommand] = []
        // Sidekiq's Busy page up to 6.4.1 reads the second name.
        for key in [keys.work(presence.identity), keys.legacyWork(presence.identity)] {
            work.append(RedisCommand("UNLINK", key))
            guard !presence.work.isEmpty else { continue }
            var set = RedisCommand("HSET", key)
            for (id, record) in presence.work {
                set.append(id)
                set.append(record)
            }
            work.append(set)
            work.append(RedisCommand("EXPIRE", key, Self.presenceSeconds))
        }
        // In one transaction, so that no reader finds the rows missing between two commands.
        _ = try await redis.transaction(work)

        let processKey = keys.process(presence.identity)
        var set = RedisCommand("HSET", processKey)
        for (name, value) in presence.fields {
            set.append(name)
            set.append(value)
        }
        let replies = try await redis.transaction([
            RedisCommand("SADD", keys.processes, presence.identity),
            set,
            RedisCommand("EXPIRE", processKey, Self.presenceSeconds),
            RedisCommand("RPOP", keys.signals(presence.identity)),
        ])
        return replies.last?.string
    }

    /// The time of a round trip.
    package func ping() async throws(RedisError) -> Duration {
        let sent = ContinuousClock.now
        _ = try await redis.send(RedisCommand("PING"))
        return sent.duration(to: .now)
    }

    /// Takes a process off the Busy page.
    ///
    /// Its hash is left to expire, as Sidekiq does.
    package func withdraw(identity: String) async throws(RedisError) {
        _ = try await redis.send([
            RedisCommand("SREM", keys.processes, identity),
            RedisCommand("UNLINK", keys.work(identity), keys.legacyWork(identity)),
        ])
    }

    /// Takes processes off the Busy page that have not beaten for a minute: Sidekiq's cleanup, at most once a minute by
    /// whoever comes first.
    package func prunePresences() async throws(RedisError) {
        let lock = RedisCommand("SET", keys.processCleanup, "1", "NX", "EX", "60")
        guard try await !redis.send(lock).isNull else { return }
        let identities =
            try await redis.send(RedisCommand("SMEMBERS", keys.processes)).array?.compactMap(\.string) ?? []
        guard !identities.isEmpty else { return }
        let infos = try await redis.send(identities.map { RedisCommand("HGET", keys.process($0), "info") })
        var remove = RedisCommand("SREM", keys.processes)
        var isAnyGone = false
        for (identity, info) in zip(identities, infos) where info.isNull {
            remove.append(identity)
            isAnyGone = true
        }
        if isAnyGone { _ = try await redis.send(remove) }
    }
}
