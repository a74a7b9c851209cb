/// The names of the metrics a worker reports to swift-metrics.
///
/// They are API: dashboards read them.
package enum MetricNames {
    /// Counter: attempts that came to an end; dimensions `class`, `queue`, `ending` (done, failed, snoozed, discarded, killed).
    package static let processed = "flume_jobs_processed_total"
    /// Timer: how long attempts ran; dimensions `class`, `queue`.
    package static let duration = "flume_jobs_duration"
    /// Counter: things found in queues that were no jobs.
    package static let unreadable = "flume_jobs_unreadable_total"
    /// Gauge: jobs running now.
    package static let busy = "flume_jobs_busy"
}
