import FlumeRedis
import Synchronization

/// Waits for leave, first come, first served.
///
/// All who wait are one request: however many they are, one asks for as many as there are.
final class Acquirer: Sendable {
    /// What came of asking.
    struct Answer: Sendable {
        var granted: Int
        /// Until when those who were granted may start; `nil` when they have all the time.
        var deadline: ContinuousClock.Instant?
        /// How long until there is room again.
        var wait: Duration
        /// When it was asked, on the limit's own clock; for taking back what is not used.
        var time: Int?
        /// The name of what was granted, where it is to be given back.
        var slot: String?
    }

    /// Leave to start.
    private struct Leave {
        var deadline: ContinuousClock.Instant?
        var time: Int?
        var slot: String?
    }

    /// Asks for so many, of whom each needs so many times the usual delay before it starts.
    ///
    /// `refunds` are starts that had leave and did not come: how many, by the time they had it.
    typealias Ask = @Sendable (_ wanted: Int, _ patience: Int, _ refunds: [Int: Int]) async throws(RedisError) -> Answer

    /// Nobody sleeps longer than this, so that a change of the limit is noticed.
    static let longestWait = Duration.seconds(1)
    private static let shortestWait = Duration.milliseconds(1)
    private static let mostAtOnce = 1000

    private struct Waiter {
        let id: Int
        let patience: Int
        /// Had leave that it could not use: its turn was before that of all who came later.
        let isBack: Bool
        let continuation: CheckedContinuation<Leave, any Error>
    }

    private struct State {
        var nextID = 0
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
        var refunds: [Int: Int] = [:]
        var isAsking = false
        /// Sleeps until it is worth asking again.
        var sleeper: Task<Void, Never>?
        var isWoken = false
    }

    private let state = Mutex(State())
    private let ask: Ask
    private let giveBack: @Sendable (_ slot: String) async -> Void

    /// `giveBack` gets a slot that was granted to somebody who has left meanwhile.
    init(_ ask: @escaping Ask, giveBack: @escaping @Sendable (_ slot: String) async -> Void = { _ in }) {
        self.ask = ask
        self.giveBack = giveBack
    }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits for leave to start now.
    ///
    /// Leave is for a moment. Whoever is held up on the way from here to its start, on a busy machine, asks again and for
    /// more time; what it had counts no more.
    ///
    /// - Parameter time: when leave was given that could not be used, if it was.
    /// - Throws: `CancellationError`, or ``RedisError``.
    func acquire(insteadOf time: Int? = nil) async throws {
        var (patience, unused) = (1, time)
        while true {
            let leave = try await acquire(patience: patience, unused)
            guard let deadline = leave.deadline, deadline < .now else { return }
            unused = leave.time
            patience = min(patience * 2, 1024)
        }
    }

    /// Waits for a slot.
    ///
    /// - Returns: its name.
    /// - Throws: `CancellationError`, or ``RedisError``.
    func acquireSlot() async throws -> String { try await acquire(patience: 1, nil).slot ?? "" }

    /// There is room that the last answer did not know of: asks again at once.
    func wake() {
        let sleeper = state.withLock { state in
            state.isWoken = true
            return state.sleeper
        }
        sleeper?.cancel()
    }

    private func sleep(for time: Duration) async {
        let sleeper = state.withLock { state -> Task<Void, Never>? in
            guard !state.isWoken else { return nil }
            let sleeper = Task { _ = try? await Task.sleep(for: time) }
            state.sleeper = sleeper
            return sleeper
        }
        await sleeper?.value
        state.withLock { $0.sleeper = nil }
    }

    private func acquire(patience: Int, _ unused: Int?) async throws -> Leave {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isCancelled, isFirst) = state.withLock { state -> (Bool, Bool) in
                    if let unused { state.refunds[unused, default: 0] += 1 }
                    if state.cancelled.remove(id) != nil { return (true, false) }
                    let waiter = Waiter(
                        id: id, patience: patience, isBack: unused != nil, continuation: continuation)
                    let place = waiter.isBack ? state.waiters.firstIndex { !$0.isBack } : nil
                    state.waiters.insert(waiter, at: place ?? state.waiters.endIndex)
                    defer { state.isAsking = true }
                    return (false, !state.isAsking)
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                if isFirst { Task { await self.serve() } }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    /// Asks until nobody waits.
    private func serve() async {
        while true {
            let (wanted, patience, refunds) = state.withLock { state -> (Int, Int, [Int: Int]) in
                let next = state.waiters.prefix(Self.mostAtOnce)
                guard !next.isEmpty else {
                    state.isAsking = false
                    return (0, 1, [:])
                }
                defer { state.refunds = [:] }
                state.isWoken = false
                return (next.count, next.map(\.patience).max() ?? 1, state.refunds)
            }
            guard wanted > 0 else { return }
            do throws(RedisError) {
                let answer = try await ask(wanted, patience, refunds)
                let leave = Leave(deadline: answer.deadline, time: answer.time, slot: answer.slot)
                let taken = take(answer.granted)
                for waiter in taken { waiter.continuation.resume(returning: leave) }
                if let time = answer.time, taken.count < answer.granted {
                    // Those who were cancelled meanwhile do not start.
                    state.withLock { $0.refunds[time, default: 0] += answer.granted - taken.count }
                }
                if let slot = answer.slot, taken.isEmpty { await giveBack(slot) }
                if answer.granted == 0 || answer.slot == nil && answer.granted < wanted {
                    // So long the limit itself said; at most a little, since others may change it or give back meanwhile.
                    await sleep(for: max(Self.shortestWait, min(answer.wait, Self.longestWait)))
                }
            } catch {
                for waiter in take(wanted) { waiter.continuation.resume(throwing: error) }
            }
        }
    }

    private func take(_ count: Int) -> [Waiter] {
        state.withLock { state in
            let taken = Array(state.waiters.prefix(count))
            state.waiters.removeFirst(taken.count)
            return taken
        }
    }
}
