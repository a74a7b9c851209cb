public import FlumeRedis
import FlumeStore
public import FlumeWire

/// One of the two totals.
public enum StatisticsTotal: Sendable, Hashable, CaseIterable {
    /// Jobs that have run.
    case processed
    /// Failures.
    case failed
}

extension Inspector {
    /// How many days one history covers at most: what Redis keeps of them.
    private static let longestHistory = 5 * 366

    /// The counts of now.
    ///
    /// - Throws: ``RedisError``.
    public func statistics() async throws(RedisError) -> JobStatistics {
        let sets = try await members(of: [keys.queues] + processSetKeys)
        let replies = try await store.redis.send(
            [
                RedisCommand("TIME"), RedisCommand("MGET", keys.processedTotal, keys.failedTotal),
                RedisCommand("ZCARD", keys.schedule), RedisCommand("ZCARD", keys.retry),
                RedisCommand("ZCARD", keys.dead), RedisCommand("LINDEX", keys.queue("default"), "-1"),
            ] + sets[0].map { RedisCommand("LLEN", keys.queue($0)) })
        let totals = replies[1].array ?? []
        return JobStatistics(
            processed: totals.first?.integer ?? 0, failed: totals.last?.integer ?? 0,
            enqueued: replies.dropFirst(6).reduce(0) { $0 + ($1.integer ?? 0) }, scheduled: replies[2].integer ?? 0,
            retries: replies[3].integer ?? 0, dead: replies[4].integer ?? 0,
            processes: sets.dropFirst().reduce(0) { $0 + $1.count },
            busy: try await processSet.all().reduce(0) { $0 + $1.busy },
            defaultQueueLatency: Self.latency(ofOldest: replies[5], now: Timestamp(redis: replies[0])))
    }

    /// The counts of the last days, the latest first.
    ///
    /// - Parameters:
    ///   - days: how many, at most those of five years: Redis keeps no more.
    ///   - last: a moment of the last day, which is one by UTC; `nil` for today by Redis's clock.
    /// - Returns: one count for each day.
    /// - Throws: ``RedisError``.
    public func history(days: Int = 30, endingOn last: Timestamp? = nil) async throws(RedisError) -> [DayStatistics] {
        let end = if let last { last } else { try await store.now() }
        let dates = (0..<min(max(0, days), Self.longestHistory)).map {
            CivilTime(end.advanced(bySeconds: -86_400 * $0))
        }
        guard !dates.isEmpty else { return [] }
        var commands: [RedisCommand] = []
        for key in [keys.processed(on:), keys.failed(on:)] {
            var command = RedisCommand("MGET")
            for date in dates { command.append(key(date)) }
            commands.append(command)
        }
        let replies = try await store.redis.send(commands).map { $0.array ?? [] }
        return dates.enumerated().map { index, date in
            DayStatistics(
                day: date.isoDate, processed: index < replies[0].count ? replies[0][index].integer ?? 0 : 0,
                failed: index < replies[1].count ? replies[1][index].integer ?? 0 : 0)
        }
    }

    /// Begins to count anew: Sidekiq's `reset`.
    ///
    /// The counts of the days stay.
    ///
    /// - Parameter totals: which ones; both by default.
    /// - Throws: ``RedisError``.
    public func resetStatistics(
        _ totals: Set<StatisticsTotal> = Set(StatisticsTotal.allCases)
    ) async throws(RedisError) {
        let names = totals.map { $0 == .processed ? keys.processedTotal : keys.failedTotal }
        guard !names.isEmpty else { return }
        var command = RedisCommand("MSET")
        for name in names {
            command.append(name)
            command.append(0)
        }
        _ = try await store.redis.send(command)
    }
}
