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

    // What a MetricsObserver makes of events.

    /// Counter: jobs pushed for now; dimension `queue`.
    package static let enqueued = "flume_jobs_enqueued_total"
    /// Counter: jobs pushed for later; dimension `queue`.
    package static let scheduled = "flume_jobs_scheduled_total"
    /// Recorder: bytes of payload of one push to one queue; dimension `queue`.
    package static let enqueueBytes = "flume_enqueue_bytes"
    /// Counter: jobs that fetches brought; dimension `pipeline`.
    package static let fetched = "flume_jobs_fetched_total"
    /// Recorder: jobs of one fetch; dimension `pipeline`.
    package static let fetchSize = "flume_fetch_size"
    /// Recorder: bytes of payload of one fetch; dimension `pipeline`.
    package static let fetchBytes = "flume_fetch_bytes"
    /// Timer: how long Redis took for a fetch; dimension `pipeline`.
    package static let fetchLatency = "flume_fetch_latency"
    /// Counter: jobs that a limit let pass; dimensions `pipeline`, `limit`.
    package static let admitted = "flume_jobs_admitted_total"
    /// Counter: how often a limit was reached; dimensions `pipeline`, `limit`.
    package static let limited = "flume_limits_reached_total"
    /// Timer: how long a pipeline waits for a limit each time; dimensions `pipeline`, `limit`.
    package static let limitWait = "flume_limit_wait"
    /// Recorder: jobs of one batch; dimensions `pipeline`, `reason` (size, timeout, shutdown, pressure).
    package static let batchSize = "flume_batch_size"
    /// Counter: failures after which the job is retried; dimensions `queue`, `pipeline`.
    package static let retried = "flume_jobs_retried_total"
    /// Counter: jobs whose handler went on although it was cancelled when its time was up; dimensions `queue`, `pipeline`.
    package static let stuck = "flume_jobs_stuck_total"
    /// Counter: jobs that died; dimensions `queue`, `pipeline` (`none` for jobs of a dead process).
    package static let died = "flume_jobs_died_total"
    /// Counter: jobs of dead processes put back into their queues.
    package static let recovered = "flume_jobs_recovered_total"
    /// Counter: how often this process was taken for dead.
    package static let leasesLost = "flume_leases_lost_total"
    /// Gauge: 1 while a pipeline waits, else 0; dimensions `pipeline`, `for` (handlers, batches, limit).
    package static let backPressure = "flume_back_pressure"
    /// Gauge: 1 while something is paused, else 0; dimensions `scope` (pipeline, queue, all), `name`.
    package static let paused = "flume_paused"
    /// Gauge: 0 while a part of the worker cannot reach Redis, then 1; dimension `part`.
    package static let connected = "flume_redis_connected"
}
