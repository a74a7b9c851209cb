/// Counters and metrics.
extension KeySpace {
    /// How long the counters of a day are kept: five years, refreshed at each flush.
    package static let dailyStatisticsLifetime = 157_680_000

    /// Counter of jobs that reached execution, successful or not.
    package var processedTotal: String { key("stat:processed") }
    /// Counter of failures.
    package var failedTotal: String { key("stat:failed") }
    /// Counter of the jobs of one UTC day.
    package func processed(on day: CivilTime) -> String { key("stat:processed:" + day.isoDate) }
    /// Counter of the failures of one UTC day.
    package func failed(on day: CivilTime) -> String { key("stat:failed:" + day.isoDate) }

    /// Hashes with counts per class to which a flush at `time` adds, with their seconds to live.
    package func metricCounters(_ layout: MetricsLayout, at time: CivilTime) -> [(key: String, lifetime: Int)] {
        layout.counters(at: time).map { (key($0.key), $0.lifetime) }
    }

    /// The bitfield with the histogram of a class for the minute of `time`, with its seconds to live.
    package func histogram(_ layout: MetricsLayout, of jobClass: String, at time: CivilTime) -> (
        key: String, lifetime: Int
    ) {
        (key(layout.histogram(of: jobClass, at: time)), MetricsLayout.minuteLifetime)
    }

    /// Hash of the deployment marks of a UTC day: field ISO 8601 minute, value label; 90 days to live.
    package func marks(on day: CivilTime) -> String { key(day.compactDate + "-marks") }
    /// Lock that keeps a mark from being made twice within a minute.
    package func deployLock(_ label: String) -> String { key("deploylock-" + label) }
}
