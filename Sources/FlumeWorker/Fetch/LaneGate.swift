import FlumeRedis
import Synchronization

/// Whether a pipeline may fetch just now, and from which of its queues.
///
/// It is shut until somebody who has asked Redis what is paused opens it. Who shuts it and then sees the ``fetch`` under
/// way end, and no fetch stand that was left before, knows that no more jobs come.
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
        /// Rises when something is opened or closed.
        var revision = 0
        /// The revision under which fetches were left with Redis; `nil` when none stands.
        var standing: Int?
    }

    /// The leave to fetch.
    struct Pass {
        /// The queues not to ask.
        let closed: Set<String>
        /// Good until the gate changes.
        let revision: Int
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

    /// Whether fetches stand that were left before the last change: their fetcher takes them back.
    var holdsOutdated: Bool { state.withLock { state in state.standing.map { $0 < state.revision } ?? false } }

    /// Whether nothing was opened or closed since a pass was given.
    func isUnchanged(since pass: Pass) -> Bool { state.withLock { $0.revision == pass.revision } }

    /// Begins a fetch, which must end with ``leave()``.
    ///
    /// - Returns: `nil` when there must be no fetch now.
    func enter() -> Pass? {
        state.withLock { state in
            guard state.isOpen, state.isAnyOpen else { return nil }
            state.fetches += 1
            state.isFetching = true
            return Pass(closed: state.closed, revision: state.revision)
        }
    }

    /// Ends a fetch: its jobs have been started.
    func leave() {
        state.withLock { $0.isFetching = false }
    }

    /// Says that fetches are about to be left with Redis.
    ///
    /// - Returns: whether they may: not after a change.
    func stand(with pass: Pass) -> Bool {
        state.withLock { state in
            guard state.revision == pass.revision else { return false }
            // Some may still stand that were left before a change.
            state.standing = min(state.standing ?? pass.revision, pass.revision)
            return true
        }
    }

    /// Says that no fetch stands any more, and the jobs of all have been started.
    func standDown() {
        state.withLock { $0.standing = nil }
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
            state.revision += 1
            close(paused.union(state.left), in: &state)
            return true
        }
        if hasChanged { bell.ring() }
    }

    /// Never asks a queue again.
    func close(_ queue: String) {
        state.withLock { state in
            state.left.insert(queue)
            state.revision += 1
            close(state.paused.union(state.left), in: &state)
        }
        bell.ring()
    }

    private func close(_ closed: Set<String>, in state: inout State) {
        state.closed = closed
        state.isAnyOpen = !queues.allSatisfy(closed.contains)
    }
}
