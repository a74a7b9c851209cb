public import FoundationEssentials

/// A Ruby Time, DateTime or ActiveSupport::TimeWithZone among ActiveJob's arguments, exact to the nanosecond.
///
/// Two are equal if all of it is equal, the class and the offset too; compare ``timestamp`` or ``date`` for the moment.
public struct RubyTime: Sendable, Hashable, CustomStringConvertible {
    /// Which of Ruby's classes it is.
    public enum Kind: Sendable, Hashable {
        /// `Time`.
        case time
        /// `DateTime`.
        case dateTime
        /// `ActiveSupport::TimeWithZone`, with the zone's IANA name if Rails wrote it (7.1 and later do).
        case timeWithZone(String?)
    }

    /// Whole seconds since 1970-01-01 00:00 UTC, rounded down.
    public let secondsSinceEpoch: Int
    /// Nanoseconds after those.
    public let nanosecond: Int
    /// The distance from UTC in seconds, nil for UTC itself (`Z`).
    public let offset: Int?
    /// Which of Ruby's classes it is.
    public let kind: Kind

    /// Beyond the year 190,000 on either side there is no time: arithmetic stays far from overflow.
    private static let bounds = -6_000_000_000_000...6_000_000_000_000

    /// Makes a moment; nanoseconds beyond a second count as seconds.
    ///
    /// What is beyond the year 190,000 becomes that year.
    public init(secondsSinceEpoch: Int, nanosecond: Int = 0, offset: Int? = nil, kind: Kind = .time) {
        let carry = nanosecond / 1_000_000_000 - (nanosecond % 1_000_000_000 < 0 ? 1 : 0)
        let bounded = min(max(secondsSinceEpoch, Self.bounds.lowerBound), Self.bounds.upperBound)
        self.secondsSinceEpoch = bounded + carry
        // Wrapping, as the product may be beyond the smallest number when the difference is not.
        self.nanosecond = nanosecond &- carry &* 1_000_000_000
        self.offset = offset.map { min(max($0, -86_340), 86_340) }
        self.kind = kind
    }

    /// Makes a moment of a time stamp.
    public init(_ timestamp: Timestamp, offset: Int? = nil, kind: Kind = .time) {
        let seconds = timestamp.wholeSeconds
        let microsecond = timestamp.microseconds &- seconds &* 1_000_000
        self.init(secondsSinceEpoch: seconds, nanosecond: microsecond * 1000, offset: offset, kind: kind)
    }

    /// Makes a moment of a date, rounded to the microseconds that a date of our days can tell apart.
    ///
    /// A date beyond the years 1 to 9999 becomes the nearest of them, and one that is no number 1970.
    public init(_ date: Date, offset: Int? = nil, kind: Kind = .time) {
        let interval = date.timeIntervalSince1970
        let seconds = interval.isNaN ? 0 : min(max(interval, -62_135_596_800), 253_402_300_799)
        self.init(Timestamp(microseconds: Int((seconds * 1e6).rounded())), offset: offset, kind: kind)
    }

    /// Reads `2024-02-29T13:34:56.789123456+01:00`, or nil if the text is no such moment.
    public init?(iso8601 text: String, kind: Kind = .time) {
        var reader = ISO8601Reader(text)
        guard let date = reader.date(), let time = reader.time(), let offset = reader.offset(), reader.isAtEnd,
            Self.bounds.contains(date.daysSinceEpoch * 86_400)
        else { return nil }
        self.init(
            secondsSinceEpoch: date.daysSinceEpoch * 86_400 + time.seconds - (offset ?? 0),
            nanosecond: time.nanoseconds, offset: offset, kind: kind)
    }

    /// The moment, cut to microseconds.
    public var timestamp: Timestamp {
        Timestamp(microseconds: secondsSinceEpoch * 1_000_000 + nanosecond / 1000)
    }

    /// The moment as Foundation has it, which is not exact to the nanosecond.
    public var date: Date {
        Date(timeIntervalSince1970: Double(secondsSinceEpoch) + Double(nanosecond) / 1e9)
    }

    /// The moment as Rails writes it: ISO 8601 with nine digits and its own offset.
    public var description: String {
        let local = secondsSinceEpoch + (offset ?? 0)
        let civil = CivilTime(Timestamp(microseconds: local * 1_000_000))
        let second = ((local % 60) + 60) % 60
        let day = RubyDate(year: civil.year, month: civil.month, day: civil.day)?.description ?? civil.isoDate
        let time = "\(CivilTime.pad(civil.hour)):\(CivilTime.pad(civil.minute)):\(CivilTime.pad(second))"
        return "\(day)T\(time).\(CivilTime.pad(nanosecond, 9))\(zone)"
    }

    private var zone: String {
        guard let offset else { return "Z" }
        let minutes = abs(offset) / 60
        return "\(offset < 0 ? "-" : "+")\(CivilTime.pad(minutes / 60)):\(CivilTime.pad(minutes % 60))"
    }
}

extension RubyTime: ActiveJobArgument {
    static var rubyName: String { "a Time, DateTime or TimeWithZone" }

    static func read(_ decoder: ActiveJobDecoder) throws -> RubyTime {
        guard case .time(let time) = decoder.value else { throw decoder.mismatch(rubyName) }
        return time
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .time(self)
    }
}
