package import FlumeRedis
package import FlumeWire

extension JobStore {
    /// Adds counts to `stat:*` and its keys of the day, all or none.
    package func add(_ delta: StatisticsDelta, at time: Timestamp) async throws(RedisError) {
        guard !delta.isEmpty else { return }
        let day = CivilTime(time)
        var commands: [RedisCommand] = []
        func add(_ count: Int, _ total: String, _ daily: String) {
            guard count > 0 else { return }
            commands.append(RedisCommand("INCRBY", total, String(count)))
            commands.append(RedisCommand("INCRBY", daily, String(count)))
            commands.append(RedisCommand("EXPIRE", daily, String(KeySpace.dailyStatisticsLifetime)))
        }
        add(delta.processed, keys.processedTotal, keys.processed(on: day))
        add(delta.failed, keys.failedTotal, keys.failed(on: day))
        _ = try await redis.transaction(commands)
    }

    /// Adds counts to the keys behind the Web UI's Metrics page, in the layout of the Sidekiq that shows them.
    package func addMetrics(
        _ delta: StatisticsDelta, at time: Timestamp, layout: MetricsLayout
    ) async throws(RedisError) {
        guard !delta.classes.isEmpty else { return }
        let now = CivilTime(time)
        var commands: [RedisCommand] = []
        let counters = keys.metricCounters(layout, at: now)
        for (jobClass, counts) in delta.classes {
            for (key, _) in counters {
                func add(_ field: String, _ count: Int) {
                    if count > 0 { commands.append(RedisCommand("HINCRBY", key, field, String(count))) }
                }
                add(MetricsLayout.processedField(jobClass), counts.processed)
                add(MetricsLayout.failedField(jobClass), counts.failed)
                add(MetricsLayout.millisecondsField(jobClass), counts.milliseconds)
            }
            let increments = counts.histogram.increments
            guard !increments.isEmpty else { continue }
            let histogram = keys.histogram(layout, of: jobClass, at: now)
            var bitfield = RedisCommand("BITFIELD", histogram.key, "OVERFLOW", "SAT")
            for (bucket, count) in increments {
                bitfield.append("INCRBY")
                bitfield.append("u16")
                bitfield.append("#\(bucket)")
                bitfield.append(count)
            }
            commands.append(bitfield)
            commands.append(RedisCommand("EXPIRE", histogram.key, String(histogram.lifetime)))
        }
        for (key, lifetime) in counters { commands.append(RedisCommand("EXPIRE", key, String(lifetime))) }
        _ = try await redis.transaction(commands)
    }
}
