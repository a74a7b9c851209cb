package import NIOCore
import Synchronization

/// Wakes the one loop that waits on it, from any thread.
///
/// A ring while nobody waits is kept, so that none is missed; many rings before the next wait are one. Time runs on an
/// event loop and not on Swift's pool, so a bell keeps time while handlers block every thread of the pool.
package final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Bool, Never>?
        /// Tells the time-out of one wait from the next one's.
        var turn = 0
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop

    /// Makes a bell whose waits are timed by an event loop.
    package init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Wakes the waiter, or the next one who comes.
    package func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let waiter = state.waiter else {
                state.isRung = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: true)
    }

    /// Waits for a ring, and at most so long.
    ///
    /// Cancellation does not wake it: who ends a loop rings its bell.
    ///
    /// - Returns: whether it rang.
    @discardableResult
    package func wait(atMost timeout: Duration? = nil) async -> Bool {
        var timer: Scheduled<Void>?
        defer { timer?.cancel() }
        return await withCheckedContinuation { continuation in
            let turn = state.withLock { state -> Int? in
                if state.isRung {
                    state.isRung = false
                    return nil
                }
                state.turn += 1
                state.waiter = continuation
                return state.turn
            }
            guard let turn else { return continuation.resume(returning: true) }
            guard let timeout else { return }
            timer = eventLoop.scheduleTask(in: TimeAmount(timeout)) { self.timeOut(turn) }
        }
    }

    private func timeOut(_ turn: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.turn == turn else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: false)
    }
}
