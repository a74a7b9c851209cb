import NIOCore
import Synchronization

/// The calls of a pipeline's handlers that go on although they were cancelled when their time was up.
///
/// Nobody can end a task from outside: such a call holds its slot, and its job the record in flight, until it returns.
final class StuckCalls: Sendable {
    /// One of them.
    struct Call: Hashable, Sendable {
        fileprivate let number: Int
    }

    private struct State {
        var next = 0
        var since: [Call: NIODeadline] = [:]
    }

    private let state = Mutex(State())

    /// How many there are.
    var count: Int { state.withLock { $0.since.count } }

    /// One more goes on.
    func add(at now: NIODeadline = .now()) -> Call {
        state.withLock { state in
            defer { state.next += 1 }
            let call = Call(number: state.next)
            state.since[call] = now
            return call
        }
    }

    /// One has returned.
    func remove(_ call: Call) { state.withLock { _ = $0.since.removeValue(forKey: call) } }

    /// For how long there have been so many of them at a time; `nil` while there are fewer.
    func age(ofAtLeast count: Int, at now: NIODeadline = .now()) -> Duration? {
        let since = state.withLock { $0.since.values.sorted() }
        guard count > 0, since.count >= count else { return nil }
        return now.since(since[count - 1].uptimeNanoseconds)
    }
}
