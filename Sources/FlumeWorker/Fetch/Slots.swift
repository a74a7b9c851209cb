import FlumeRedis
import NIOCore
import Synchronization

/// The free places of a pipeline: demand for jobs, and the end of it.
final class Slots: Sendable {
    private struct State {
        var capacity: Int
        /// Below zero after a pipeline that was full became smaller.
        var free: Int
    }

    private let state: Mutex<State>
    private let bell: Bell

    init(_ capacity: Int, bell: Bell) {
        self.state = Mutex(State(capacity: capacity, free: capacity))
        self.bell = bell
    }

    /// How many jobs the pipeline may have fetched and not finished.
    var capacity: Int { state.withLock { $0.capacity } }

    /// How many places are free now.
    ///
    /// While a fetch is under way more become free, so that load makes the next one larger.
    var available: Int { state.withLock { $0.free } }

    /// How many jobs it has fetched and not finished.
    var taken: Int { state.withLock { $0.capacity - $0.free } }

    /// Takes places for jobs that are about to start.
    func take(_ count: Int) {
        state.withLock { $0.free -= count }
    }

    /// Gives back places, and wakes the fetcher if there had been none.
    func release(_ count: Int = 1) {
        let wasFull = state.withLock { state in
            state.free += count
            return state.free > 0 && state.free <= count
        }
        if wasFull { bell.ring() }
    }

    /// Changes how many there are; jobs that run beyond that come to their end.
    func resize(to capacity: Int) {
        state.withLock { state in
            state.free += capacity - state.capacity
            state.capacity = capacity
        }
        bell.ring()
    }
}
