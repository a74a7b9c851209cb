import FlumeStore
import Synchronization

/// Under which name and epoch this process takes jobs right now, and which sequence numbers are used up.
final class Claims: Sendable {
    private struct State {
        var tenure: Tenure
        var epoch = 1
        var highestEpoch = 1
        var nextSequence = 1
    }

    private let state: Mutex<State>

    init(_ tenure: Tenure) {
        self.state = Mutex(State(tenure: tenure))
    }

    /// The life under which jobs are taken now.
    var tenure: Tenure { state.withLock { $0.tenure } }

    /// The life and epoch of the lease now.
    var lease: (tenure: Tenure, epoch: Int) { state.withLock { ($0.tenure, $0.epoch) } }

    /// Reserves sequence numbers for a fetch.
    func reserve(_ count: Int) -> (tenure: Tenure, epoch: Int, firstSequence: Int) {
        state.withLock { state in
            defer { state.nextSequence += count }
            return (state.tenure, state.epoch, state.nextSequence)
        }
    }

    /// An epoch higher than any before, to shut out a fetch that was lost on the way.
    ///
    /// In force once ``enter(epoch:of:)`` says so.
    func proposeEpoch() -> Int {
        state.withLock { state in
            state.highestEpoch += 1
            return state.highestEpoch
        }
    }

    /// Goes on under an epoch that Redis has accepted.
    func enter(epoch: Int, of tenure: Tenure) {
        state.withLock { state in
            guard state.tenure === tenure else { return }
            state.epoch = max(state.epoch, epoch)
        }
    }

    /// Goes on under a new life after `buried` was buried.
    ///
    /// Only the first to notice makes one.
    ///
    /// - Returns: whether this call began the new life.
    func renounce(_ buried: Tenure, for successor: () -> Tenure) -> Bool {
        state.withLock { state in
            guard state.tenure === buried else { return false }
            state.tenure = successor()
            state.epoch = 1
            state.highestEpoch = 1
            return true
        }
    }
}
