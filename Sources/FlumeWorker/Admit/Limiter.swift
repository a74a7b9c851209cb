public import FlumeRedis
import FlumeStore
import FlumeWire
import Synchronization

/// A limit that code asks itself: around a call inside a handler, or anywhere else.
///
/// It is the same limit as that of the pipelines with the same key: what one uses up, the other cannot.
///
/// ```swift
/// let ses = try Limiter(.slidingWindow(400, per: .seconds(1), key: "ses"), redis: redis)
/// try await ses.acquire()
/// try await mailer.send(message)
/// ```
public final class Limiter: Sendable {
    /// What a limit is and how much of it is in use.
    public struct Usage: Sendable, Hashable {
        /// How many may start in its time, or run at a time; less than configured while it backs off.
        public let count: Int
        /// How many may now.
        public let available: Int
        /// How long until one may; zero when one may now.
        public let wait: Duration
    }

    /// The key it is shared under.
    public let key: String

    private let isLocal: Bool
    private let state: Mutex<RateLimit>
    private let name: String
    private let store: JobStore?
    /// Set if it counts in this process alone.
    private let local: LocalLimit?
    private let acquirer: Acquirer
    private let slotLife: Duration

    /// Makes a limiter; nothing is written before its first use.
    ///
    /// - Parameters:
    ///   - limit: the numbers, and the key, which it needs. Processes whose numbers differ follow the last one that
    ///     changed them with ``change(to:)`` or started a pipeline.
    ///   - redis: where the limit is kept; not used by a limit that is local.
    ///   - namespace: as in ``WorkerConfiguration/namespace``.
    /// - Throws: ``PipelineError`` when the limit cannot work: a count of 0, no key, no time.
    public convenience init(
        _ limit: RateLimit, redis: RedisClient, namespace: String = ""
    ) throws(PipelineError) {
        try self.init(limit, redis: redis, namespace: namespace, slotLife: .seconds(30))
    }

    /// `slotLife` is how long a slot outlives the process that held it.
    init(
        _ limit: RateLimit, redis: RedisClient, namespace: String = "", slotLife: Duration
    ) throws(PipelineError) {
        self.slotLife = slotLife
        guard let key = limit.key else { throw PipelineError("", "a limiter needs a key") }
        if let problem = limit.problem { throw PipelineError(key, problem) }
        self.key = key
        isLocal = limit.isLocal
        state = Mutex(limit)
        name = limit.name(in: key)
        guard !limit.isLocal else {
            let local = LocalLimits.shared.limit(named: name, limit.numbers).limit
            self.local = local
            store = nil
            acquirer = Acquirer(asking: local)
            return
        }
        let store = JobStore(redis: redis, keys: KeySpace(namespace: namespace))
        let shared = Limit(name, limit.numbers, keys: store.keys)
        self.store = store
        local = nil
        acquirer =
            shared.numbers.kind == .slots
            ? Acquirer(forSlotsOf: shared, in: store, life: slotLife) : Acquirer(asking: Gate([shared]), of: store)
    }

    // MARK: Starts

    /// Waits until one may start, and counts it.
    ///
    /// Those who wait have their turn in the order they came. What is limited has to start right after this returns.
    ///
    /// - Throws: `CancellationError`; ``RedisError``; ``PipelineError`` for a concurrency limit, which needs
    ///   ``withSlot(_:)``.
    public func acquire() async throws {
        try refuseSlots()
        try await acquirer.acquire()
    }

    /// Counts one if it may start now.
    ///
    /// - Returns: whether it may.
    /// - Throws: ``RedisError``; ``PipelineError`` for a concurrency limit.
    public func tryAcquire() async throws -> Bool {
        try refuseSlots()
        if let local {
            guard local.reserve(1).count == 1 else { return false }
            local.commit(1, of: 1)
            return true
        }
        guard let store else { return false }
        return try await store.acquire(1, of: Gate([limit(in: store)])).granted == 1
    }

    private func refuseSlots() throws(PipelineError) {
        guard !isConcurrency else {
            throw PipelineError(key, "this limits how many run at a time: use withSlot, which knows when they end")
        }
    }

    private var isConcurrency: Bool { state.withLock { $0.numbers.kind == .slots } }

    private func limit(in store: JobStore) -> Limit {
        Limit(name, state.withLock { $0.numbers }, keys: store.keys)
    }

    // MARK: Slots

    /// Waits for a slot of a concurrency limit, holds it while the body runs, and gives it back.
    ///
    /// Those who wait in this process have their turn in the order they came; between processes it is the luck of who asks
    /// first. A slot that is lost while the body runs, because Redis lost it or this process stood still for half a minute,
    /// is taken again as soon as there is room. When the process dies, the slot is free half a minute later. For a limit on
    /// starts this is ``acquire()`` and then the body.
    ///
    /// - Parameter body: what is limited.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; `CancellationError`; ``RedisError``.
    public func withSlot<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard let store, isConcurrency else {
            try await acquirer.acquire()
            return try await body()
        }
        let limit = limit(in: store)
        let keeper = try await SlotKeeper(acquirer.acquireSlot(), of: limit, in: store, life: slotLife)
        do {
            let result = try await body()
            await giveBack(keeper)
            return result
        } catch {
            await giveBack(keeper)
            throw error
        }
    }

    private func giveBack(_ keeper: SlotKeeper) async {
        await keeper.giveBack()
        acquirer.wake()
    }

    // MARK: Steering

    /// Changes the numbers, at once and for every process and pipeline that shares the key.
    ///
    /// - Parameter limit: the new numbers; its key does not count.
    /// - Throws: ``PipelineError`` for numbers that cannot work, or for slots in place of starts; ``RedisError``.
    public func change(to limit: RateLimit) async throws {
        if let problem = limit.problem { throw PipelineError(key, problem) }
        guard (limit.numbers.kind == .slots) == isConcurrency, limit.isLocal == isLocal else {
            throw PipelineError(key, "a limit keeps its nature: starts or slots, shared or local")
        }
        if let store {
            let declaration = try await store.declare(Limit(name, limit.numbers, keys: store.keys))
            if case .refused = declaration {
                throw PipelineError(key, "the key belongs to a limit of another nature in Redis")
            }
        } else {
            local?.change(to: limit.numbers)
        }
        state.withLock { $0 = limit }
    }

    /// What it is and how much of it is in use, by what is stored in Redis.
    ///
    /// - Returns: the numbers at that moment; others may use some of it before the caller does.
    /// - Throws: ``RedisError``; never for a limit that is local.
    public func usage() async throws(RedisError) -> Usage {
        guard let store else {
            let usage = local?.usage ?? (0, 0, .zero)
            return Usage(count: usage.count, available: usage.room, wait: usage.wait)
        }
        let usage = try await store.usage(of: limit(in: store))
        return Usage(count: usage.numbers.count, available: usage.room, wait: usage.wait)
    }

    /// Makes it stricter because what it protects answered 429 or 503.
    ///
    /// - Parameter retryAfter: nothing passes until then, for a year at most; `nil` halves the limit, at most once in each
    ///   of its scales, and it comes back in a straight line over ten.
    /// - Throws: ``RedisError``.
    public func backOff(retryAfter: Duration? = nil) async throws(RedisError) {
        local?.backOff(closedFor: retryAfter)
        guard let store else { return }
        try await store.backOff(limit(in: store), closedFor: retryAfter)
    }
}
