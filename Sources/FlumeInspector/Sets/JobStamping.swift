import FlumeRedis
import FlumeStore
import FlumeWire

/// What a push adds to a job that goes from a sorted set into a queue.
struct JobStamping: Sendable {
    /// How time stamps are written that have no fellow in the payload.
    var unit: Timestamp.Unit
    /// A node of Exq may take it from its queue, and reads no milliseconds.
    var sharesWithExq = false

    /// The payload as Sidekiq's client would push it now.
    ///
    /// - Parameters:
    ///   - payload: as it is stored.
    ///   - now: Redis's time.
    ///   - isRetry: whether it takes back one retry, as Sidekiq's `retry` does, so that the one at hand does not count twice.
    /// - Returns: what to store in the queue.
    func enqueued(_ payload: JobPayload, at now: Timestamp, isRetry: Bool) -> JobPayload {
        var payload = payload.repairingUTF8()
        if isRetry, let count = payload.retryCount, count > Int.min { payload.set("retry_count", to: .int(count - 1)) }
        let stamp = now.json(unit: sharesWithExq ? .floatSeconds : payload.timestampUnit ?? unit)
        payload.complete(stamp: stamp, isEnqueued: true) {
            var generator = SystemRandomNumberGenerator()
            return JobID.make(using: &generator)
        }
        payload.stampEnqueued(stamp)
        return payload
    }
}

extension JobStore {
    /// Redis's time.
    func now() async throws(RedisError) -> Timestamp { Timestamp(redis: try await redis.send(RedisCommand("TIME"))) }
}

extension Timestamp {
    /// What TIME answered.
    init(redis reply: RedisReply) {
        let clock = reply.array?.compactMap(\.integer) ?? []
        self.init(microseconds: (clock.first ?? 0) * 1_000_000 + (clock.count > 1 ? clock[1] : 0))
    }
}
