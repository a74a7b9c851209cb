import FlumeRedis
import FlumeStore

extension Acquirer {
    /// Asks limits that are kept in Redis.
    convenience init(asking gate: Gate, of store: JobStore) {
        self.init { (wanted: Int, patience: Int, refunds: [Int: Int]) async throws(RedisError) -> Answer in
            let (granted, deadline, reply) = try await store.acquire(
                wanted, of: gate, patience: patience, refunds: refunds)
            return Answer(
                granted: granted, deadline: deadline, wait: reply.stopped?.wait ?? .zero, time: reply.time)
        }
    }

    /// Asks for slots of a limit, one by one, each under a name of its own.
    convenience init(forSlotsOf limit: Limit, in store: JobStore, life: Duration) {
        let gate = Gate([limit])
        self.init { (_: Int, _: Int, _: [Int: Int]) async throws(RedisError) -> Answer in
            var generator = SystemRandomNumberGenerator()
            let slot = "limiter:" + String(generator.next(), radix: 16)
            let (granted, _, reply) = try await store.acquire(1, of: gate, slot: (slot, life.wholeMicroseconds))
            return Answer(
                granted: granted, wait: reply.stopped?.wait ?? .zero, slot: granted == 1 ? slot : nil)
        } giveBack: { slot in
            try? await store.releaseSlots([slot], under: limit.slotsKey)
        }
    }

    /// Asks a limit of this process.
    convenience init(asking limit: LocalLimit) {
        self.init { (wanted: Int, _: Int, _: [Int: Int]) async throws(RedisError) -> Answer in
            let (count, wait) = limit.reserve(wanted)
            if count > 0 { limit.commit(count, of: count) }
            return Answer(granted: count, deadline: .now + limit.margin, wait: wait)
        }
    }
}
