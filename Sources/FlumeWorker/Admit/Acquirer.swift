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
    }

    /// Leave to start.
    private struct Leave {
        var deadline: ContinuousClock.Instant?
        var time: Int?
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
        let continuation: CheckedContinuation<Leave, any Error>
    }

    private struct State {
        var nextID = 0
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
        var refunds: [Int: Int] = [:]
        var isAsking = false
    }

    private let state = Mutex(State())
    private let ask: Ask

    init(_ ask: @escaping Ask) {
        self.ask = ask
    }

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
                    state.waiters.append(Waiter(id: id, patience: patience, continuation: continuation))
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
                return (next.count, next.map(\.patience).max() ?? 1, state.refunds)
            }
            guard wanted > 0 else { return }
            do throws(RedisError) {
                let answer = try await ask(wanted, patience, refunds)
                let leave = Leave(deadline: answer.deadline, time: answer.time)
                for waiter in take(answer.granted) { waiter.continuation.resume(returning: leave) }
                if answer.granted < wanted {
                    // So long the limit itself said; at most a little, since others may change it or give back meanwhile.
                    try? await Task.sleep(for: max(Self.shortestWait, min(answer.wait, Self.longestWait)))
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
