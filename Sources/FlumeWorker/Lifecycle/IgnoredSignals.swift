import Glibc
import Synchronization

/// The signals whose default action is off while somebody listens to them.
///
/// Several workers of a process may listen to the same: what a signal did before comes back with the last that ends.
enum IgnoredSignals {
    private struct State {
        var listeners = 0
        var before: sighandler_t?
    }

    private static let states = Mutex<[Int32: State]>([:])

    /// One more listens.
    static func begin(_ number: Int32) {
        states.withLock { states in
            var state = states[number] ?? State()
            if state.listeners == 0 { state.before = signal(number, SIG_IGN) }
            state.listeners += 1
            states[number] = state
        }
    }

    /// One less listens.
    static func end(_ number: Int32) {
        states.withLock { states in
            guard var state = states[number] else { return }
            state.listeners -= 1
            if state.listeners == 0 { signal(number, state.before) }
            states[number] = state.listeners == 0 ? nil : state
        }
    }
}
