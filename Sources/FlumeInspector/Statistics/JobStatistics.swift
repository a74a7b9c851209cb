/// The counts on top of every page of Sidekiq's Web UI: its `Stats`.
public struct JobStatistics: Sendable, Hashable, Codable {
    /// Jobs that have run since counting began, failed ones included.
    ///
    /// Exq counts successes alone.
    public var processed: Int
    /// Failures since counting began.
    public var failed: Int
    /// Jobs that wait in queues.
    public var enqueued: Int
    /// Jobs in `schedule`.
    public var scheduled: Int
    /// Jobs in `retry`.
    public var retries: Int
    /// Jobs in `dead`.
    public var dead: Int
    /// Processes on the list.
    public var processes: Int
    /// Jobs that run, by the last beats of the processes.
    public var busy: Int
    /// The age of the oldest job in the queue `default`, in seconds; `nil` when that one does not say.
    public var defaultQueueLatency: Double?
}

/// The counts of one day: Sidekiq's `Stats::History`.
public struct DayStatistics: Sendable, Hashable, Codable {
    /// The day by UTC: `2026-11-21`.
    public var day: String
    /// Jobs that ran that day, failed ones included.
    ///
    /// Exq counts successes alone.
    public var processed: Int
    /// Failures of that day.
    public var failed: Int
}
