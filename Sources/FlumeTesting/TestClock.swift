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

extension Timestamp {
    /// In seconds: longer than all the time there is.
    static let greatestSpan = 1e12
    /// 9999-12-31, after which there is no time: arithmetic on it stays far from overflow.
    private static let end = Timestamp(microseconds: 253_402_300_799_000_000)

    /// The moment a span later, rounded to microseconds; stays within four digits of years on either side of 1970.
    func advanced(by span: Duration) -> Timestamp {
        let span = min(max(span, .seconds(-Self.greatestSpan)), .seconds(Self.greatestSpan))
        let microseconds = Int((span / .microseconds(1)).rounded())
        let now = min(max(self.microseconds, -Self.end.microseconds), Self.end.microseconds)
        return Timestamp(
            microseconds: min(max(now + microseconds, -Self.end.microseconds), Self.end.microseconds), unit: unit)
    }
}
