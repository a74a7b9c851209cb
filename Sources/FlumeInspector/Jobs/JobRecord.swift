public import FlumeWire

/// A job where it waits, as it was when it was read: Sidekiq's `JobRecord` and `SortedEntry`.
///
/// It is addressed by its bytes. Whatever is done with it later is done if these very bytes are still there.
public struct JobRecord: Sendable {
    /// Where a job waits.
    public enum Place: Sendable, Hashable {
        /// In a queue.
        case queue(String)
        /// In `schedule`.
        case scheduled
        /// In `retry`.
        case retry
        /// In `dead`.
        case dead
    }

    /// Where it waits.
    public let place: Place
    /// What is stored, byte for byte.
    public let bytes: [UInt8]
    /// When it is due, or died, in seconds since 1970; `nil` in a queue.
    public let time: Double?
    /// What is stored as a job; `nil` when it is none, as Sidekiq's broken payloads in `dead`.
    public let payload: JobPayload?
    /// Where in its queue it was.
    let position: Position?

    /// A place in a queue of a certain length; 0 is the newest.
    struct Position: Sendable {
        var index: Int
        var length: Int
    }

    init(_ bytes: [UInt8], in place: Place, time: Double? = nil, position: Position? = nil) {
        self.place = place
        self.bytes = bytes
        self.time = time
        self.position = position
        payload = try? JobPayload(parsing: bytes, limits: Self.limits)
    }

    /// What a worker may have refused as too large is still a job to look at.
    private static let limits = PayloadLimits(maximumBytes: .max, maximumDepth: PayloadLimits.default.maximumDepth)

    /// Its jid; `nil` when it has none.
    public var jid: String? { payload?.jid }

    /// The class to show: Sidekiq's `display_class`; `nil` when it is no job.
    public var jobClass: String? { payload?.displayName }

    /// What went wrong when it last failed; `nil` when it has not.
    public var errorMessage: String? { payload?["error_message"]?.string }

    /// The lines of the backtrace of that, in the form of any Sidekiq; none when none were kept.
    public var errorBacktrace: [String] { payload?["error_backtrace"].flatMap { BacktraceCoding.decode($0) } ?? [] }

    /// The queue it is in, or goes to; `nil` when it does not say.
    public var queue: String? {
        if case .queue(let name) = place { name } else { payload?.queue }
    }
}

extension JobRecord: Hashable {
    /// Whether both are the same bytes in the same place.
    public static func == (left: Self, right: Self) -> Bool {
        left.place == right.place && left.time == right.time && left.bytes == right.bytes
    }

    /// Hashes what ``==(_:_:)`` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(place)
        hasher.combine(time)
        hasher.combine(bytes)
    }
}
