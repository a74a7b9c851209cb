import FlumeRedis
import Synchronization

/// Whether a pipeline may fetch just now, and from which of its queues.
///
/// It is shut until somebody who has asked Redis what is paused opens it. Who shuts it and then sees the ``fetch`` under
/// way end knows that no more jobs come.
final class LaneGate: Sendable {
    private struct State {
        var isOpen = false
        /// Paused here and now.
        var paused: Set<String> = []
        /// Left for good.
        var left: Set<String> = []
        /// Both, kept for ``LaneGate/enter()``, which is asked before each fetch.
        var closed: Set<String> = []
        var isAnyOpen: Bool
        var fetches = 0
        var isFetching = false
    }

    private let queues: [String]
    private let state: Mutex<State>
    private let bell: Bell

    /// `bell` wakes the fetcher.
    init(queues: [String], bell: Bell) {
        self.queues = queues
        self.state = Mutex(State(isAnyOpen: !queues.isEmpty))
        self.bell = bell
    }

    /// The queues that were not left, in order.
    var subscribed: [String] {
        let left = state.withLock { $0.left }
        return queues.filter { !left.contains($0) }
    }

    /// Whether the pipeline may fetch.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// The number of the fetch that is under way, or whose jobs are not started yet; `nil` for none.
    var fetch: Int? { state.withLock { $0.isFetching ? $0.fetches : nil } }

    /// Begins a fetch, which must end with ``leave()``.
    ///
    /// - Returns: the queues not to ask; `nil` when there must be no fetch now.
    func enter() -> Set<String>? {
        state.withLock { state in
            guard state.isOpen, state.isAnyOpen else { return nil }
            state.fetches += 1
            state.isFetching = true
            return state.closed
        }
    }

    /// Ends a fetch: its jobs have been started.
    func leave() {
        state.withLock { $0.isFetching = false }
    }

    /// Opens or shuts it.
    ///
    /// - Parameters:
    ///   - isOpen: whether the pipeline may fetch.
    ///   - paused: queues it must not ask.
    func set(isOpen: Bool, paused: Set<String>) {
        let hasChanged = state.withLock { state in
            guard state.isOpen != isOpen || state.paused != paused else { return false }
            (state.isOpen, state.paused) = (isOpen, paused)
            close(paused.union(state.left), in: &state)
            return true
        }
        if hasChanged { bell.ring() }
    }

    /// Never asks a queue again.
    func close(_ queue: String) {
        state.withLock { state in
            state.left.insert(queue)
            close(state.paused.union(state.left), in: &state)
        }
    }

    private func close(_ closed: Set<String>, in state: inout State) {
        state.closed = closed
        state.isAnyOpen = !queues.allSatisfy(closed.contains)
    }
}
