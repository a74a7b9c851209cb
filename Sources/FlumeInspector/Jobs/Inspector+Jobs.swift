public import FlumeRedis
import FlumeStore
import FlumeWire

extension Inspector {
    /// The queues that jobs were ever pushed to, by name.
    ///
    /// - Throws: ``RedisError``.
    public func queues() async throws(RedisError) -> [JobQueue] {
        try await members(of: [keys.queues])[0].map { queue($0) }
    }

    /// A queue.
    ///
    /// - Parameter name: its bare name.
    /// - Returns: the queue, whether there is one or not.
    public func queue(_ name: String) -> JobQueue { JobQueue(name: name, store: store) }

    /// The jobs that wait for their time: Sidekiq's `ScheduledSet`.
    public var scheduledSet: JobSet { JobSet(set: .schedule, store: store, stamping: stamping) }

    /// The jobs that failed and are to be retried: Sidekiq's `RetrySet`.
    public var retrySet: JobSet { JobSet(set: .retry, store: store, stamping: stamping) }

    /// The jobs that have used up their retries, or were killed: Sidekiq's `DeadSet`.
    public var deadSet: JobSet { JobSet(set: .dead, store: store, stamping: stamping) }
}
