public import FlumeWire

/// A periodic job as it is in force, and what became of it.
public struct CronStatus: Sendable, Hashable {
    /// Which one: expression, zone, class, arguments, queue.
    public let entry: CronEntry
    /// Whether its ticks enqueue jobs.
    public let isEnabled: Bool
    /// The last tick that enqueued a job.
    public let lastTick: Timestamp?
    /// When its last job was enqueued, by a tick or by ``CronControl/runNow(_:in:)``.
    public let lastEnqueued: Timestamp?
    /// The jid of that job.
    public let lastJID: String?
    /// The next tick; nil while it is disabled.
    public let nextTick: Timestamp?
}
