import FlumeWire
import Synchronization

/// What this process pauses for itself alone, where the heartbeat finds it to tell others.
final class PauseBoard: Sendable {
    private let state = Mutex(PauseRecord())

    /// What is paused now.
    var record: PauseRecord { state.withLock { $0 } }

    /// Notes what is paused from now on.
    ///
    /// - Returns: whether that is news.
    func post(_ record: PauseRecord) -> Bool {
        state.withLock { state in
            guard state != record else { return false }
            state = record
            return true
        }
    }
}
