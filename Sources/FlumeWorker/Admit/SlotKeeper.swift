import FlumeRedis
import FlumeStore

/// Holds a slot of a limit for code that runs, until it is given back.
///
/// It lives on the connection's event loop: a handler that blocks every thread of Swift's pool keeps its slot.
final class SlotKeeper: Sendable {
    private let slot: String
    private let limit: Limit
    private let store: JobStore
    private let life: Duration
    private let given: Bell
    private let hasEnded: Bell

    /// `life` is how long the slot outlives its last renewal.
    init(_ slot: String, of limit: Limit, in store: JobStore, life: Duration) {
        self.slot = slot
        self.limit = limit
        self.store = store
        self.life = life
        given = Bell(on: store.redis.eventLoop)
        hasEnded = Bell(on: store.redis.eventLoop)
        Task(executorPreference: store.redis.taskExecutor) { await self.keep() }
    }

    /// Renews three times in each life; takes again what is lost.
    private func keep() async {
        while await !given.wait(atMost: life / 3) {
            // It outlives two failures, and whoever waits hears of a Redis that is away from his own calls.
            let isHeld = try? await store.renewSlot(slot, of: limit, microseconds: life.wholeMicroseconds)
            guard isHeld == false else { continue }
            _ = try? await store.acquire(1, of: Gate([limit]), slot: (slot, life.wholeMicroseconds))
        }
        hasEnded.ring()
    }

    /// Gives the slot back.
    func giveBack() async {
        given.ring()
        // A renewal under way would bring it back.
        await hasEnded.wait()
        // Where Redis is away, the slot runs out by itself.
        try? await store.releaseSlots([slot], under: limit.slotsKey)
    }
}
