import NIOCore
import Synchronization

/// The clock beside one call of a handler that has a timeout: it cancels the call when its time is up, and says so when the
/// call goes on regardless.
final class HandlerTimer: Sendable {
    private struct State {
        var isOver = false
        var alarm: Scheduled<Void>?
        var stuck: StuckCalls.Call?
    }

    /// How long a call may take to come to its end once it is cancelled.
    static let grace = Duration.seconds(5)

    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    private let calls: StuckCalls

    /// - Parameters:
    ///   - timeout: how long the call may take.
    ///   - eventLoop: keeps the time, so that handlers which block every thread of the pool cannot stop it.
    ///   - calls: counts it as long as it is stuck.
    ///   - cancel: called when its time is up; returns whether there still was something to cancel.
    ///   - report: called when it is stuck.
    init(
        _ timeout: Duration, on eventLoop: any EventLoop, counting calls: StuckCalls,
        cancel: @escaping @Sendable () -> Bool, report: @escaping @Sendable () -> Void
    ) {
        self.eventLoop = eventLoop
        self.calls = calls
        set(timeout) { timer in
            guard cancel() else { return }
            timer.set(Self.grace) { timer in
                if timer.isStuck() { report() }
            }
        }
    }

    /// The call has returned.
    func end() {
        let (alarm, stuck) = state.withLock { state in
            state.isOver = true
            return (state.alarm, state.stuck)
        }
        alarm?.cancel()
        if let stuck { calls.remove(stuck) }
    }

    private func set(_ time: Duration, _ body: @escaping @Sendable (HandlerTimer) -> Void) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.alarm = eventLoop.scheduleTask(in: TimeAmount(time)) { body(self) }
        }
    }

    private func isStuck() -> Bool {
        state.withLock { state in
            guard !state.isOver else { return false }
            state.stuck = calls.add(at: eventLoop.now)
            return true
        }
    }
}
