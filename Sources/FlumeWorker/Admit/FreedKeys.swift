import FlumeRedis
import FlumeStore
import Synchronization

/// Keys of which a job of this process has given back a slot while jobs are parked.
///
/// Nobody can foretell when a job ends, so whoever waits for a slot looks every few milliseconds; those who wait where it was
/// given back need not.
final class FreedKeys: Sendable {
    private struct State {
        var keys: Set<JobKeys> = []
        var isAnyParked = false
    }

    private let state = Mutex(State())
    private let bell: Bell

    /// - Parameter bell: wakes the fetcher.
    init(bell: Bell) {
        self.bell = bell
    }

    /// Whether any key is to be looked at before its time.
    var isEmpty: Bool { state.withLock { $0.keys.isEmpty } }

    /// Jobs are parked, as far as is known, or none is.
    func noteParked(_ isAny: Bool) { state.withLock { $0.isAnyParked = isAny } }

    /// A job of these keys has left.
    func note(_ keys: JobKeys) {
        let isNews = state.withLock { state in state.isAnyParked && state.keys.insert(keys).inserted }
        if isNews { bell.ring() }
    }

    /// Takes those that came together.
    func take() -> Set<JobKeys> {
        state.withLock { state in
            defer { state.keys = [] }
            return state.keys
        }
    }
}
