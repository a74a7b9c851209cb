public import FlumeWire
import Synchronization

/// The time of a ``TestJobs``: it stands still until a test moves it.
public final class TestClock: Sendable {
    private let time: Mutex<Timestamp>

    /// Makes a clock that shows a moment.
    public init(_ start: Timestamp) {
        time = Mutex(start)
    }

    /// The time it shows.
    public var now: Timestamp { time.withLock { $0 } }

    /// Goes to a moment; a clock does not go back.
    func advance(to moment: Timestamp) {
        time.withLock { $0 = max($0, moment) }
    }
}
