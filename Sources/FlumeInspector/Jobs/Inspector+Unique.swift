public import FlumeRedis
import FlumeStore
import FlumeWire

/// Locks of unique jobs, Exq's included.
///
/// A job that is deleted where nobody knows of locks, such as Sidekiq's Web UI, leaves its lock to its time.
extension Inspector {
    /// Who holds the lock of a token.
    ///
    /// - Parameter token: the job's `unique_token`.
    /// - Returns: the jid of the job and how long the lock lasts; `nil` when it is free.
    /// - Throws: ``RedisError``.
    public func uniqueLock(_ token: String) async throws(RedisError) -> (jid: String, left: Duration)? {
        let key = keys.unique(token)
        let replies = try await store.redis.transaction([RedisCommand("GET", key), RedisCommand("PTTL", key)])
        guard let jid = replies[0].string, let milliseconds = replies[1].integer else { return nil }
        return (jid, milliseconds < 0 ? .seconds(Int64.max) : .milliseconds(milliseconds))
    }

    /// Releases the lock of a token if this job holds it.
    ///
    /// - Parameters:
    ///   - token: the job's `unique_token`.
    ///   - jid: the job.
    /// - Returns: whether it did.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func releaseUniqueLock(_ token: String, heldBy jid: String) async throws(RedisError) -> Bool {
        try await store.unlock([UniqueLock(token: token, jid: jid)]) == 1
    }
}
