public import FlumeWire

/// A job that runs: Sidekiq's `Work`.
public struct RunningJob: Sendable, Hashable {
    /// The identity of the process that runs it.
    public let process: String
    /// The name of the thread that runs it, as Sidekiq shows it: with Flume one for each job.
    public let thread: String
    /// The queue it was taken from.
    public let queue: String
    /// Since when it runs, in seconds since 1970; `nil` until a beat of its process has told.
    public let since: Double?
    /// What was in the queue, byte for byte but for text that was no UTF-8.
    public let bytes: [UInt8]
    /// The same as a job; `nil` when it is none.
    public let payload: JobPayload?
    /// Whether it runs in Exq, which can kill it; a Sidekiq's thread cannot be.
    let isExq: Bool
    /// Whether it is in the in-flight record of a process of Flume's.
    let isInFlight: Bool

    init(
        process: String, thread: String, queue: String, since: Double?, bytes: [UInt8], isExq: Bool = false,
        isInFlight: Bool = false
    ) {
        self.process = process
        self.thread = thread
        self.queue = queue
        self.since = since
        self.bytes = bytes
        self.isExq = isExq
        self.isInFlight = isInFlight
        payload = try? JobPayload(parsing: bytes)
    }

    /// Its jid; `nil` when it has none.
    public var jid: String? { payload?.jid }

    /// The class to show.
    public var jobClass: String? { payload?.displayName }
}
