import FlumeWire
import Glibc
import Synchronization

/// The time of day by Redis's clock: the host's, corrected by the difference seen at the last heartbeat.
///
/// Every process of a fleet then writes the same time, however wrong its own clock is.
final class WallClock: Sendable {
    private let offset = Atomic<Int64>(0)
    private let hostMicroseconds: @Sendable () -> Int64

    /// - Parameter hostMicroseconds: the host's clock, in microseconds since 1970.
    init(hostMicroseconds: @escaping @Sendable () -> Int64 = WallClock.realtime) {
        self.hostMicroseconds = hostMicroseconds
    }

    /// Microseconds since 1970.
    var microseconds: Int64 { hostMicroseconds() &+ offset.load(ordering: .relaxed) }

    /// The time as payloads store it.
    var now: Timestamp { Timestamp(microseconds: Int(microseconds)) }

    /// Whole seconds since 1970.
    var secondsSinceEpoch: Int { Int(microseconds / 1_000_000) }

    /// How far the host's clock is ahead of Redis's, in microseconds.
    var skewMicroseconds: Int64 { -offset.load(ordering: .relaxed) }

    /// Learns the difference from an answer of Redis, which spoke half a round trip ago.
    func adjust(redisMicroseconds: Int64, roundTrip: Duration) {
        let (seconds, attoseconds) = roundTrip.components
        let half = (seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 2
        offset.store(redisMicroseconds + half - hostMicroseconds(), ordering: .relaxed)
    }

    /// The host's clock.
    static func realtime() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
