/// A moment as payloads store it: microseconds since 1970, and the unit it was read in.
///
/// Sidekiq up to 7 and Exq write float seconds, Sidekiq 8 integer milliseconds, others integer seconds. Which of them a
/// number is, is decided by its magnitude, field by field: from 10¹¹ on it is milliseconds (as seconds that would be the
/// year 5138).
public struct Timestamp: Sendable, Hashable, Comparable {
    /// How a moment is written in JSON.
    public enum Unit: Sendable, Hashable {
        /// Seconds with a fraction, as Sidekiq up to 7 and Exq write and everybody reads.
        case floatSeconds
        /// Seconds without a fraction. Sidekiq 8 mistakes them for milliseconds: read, better not written.
        case integerSeconds
        /// Integer milliseconds, as Sidekiq 8 writes; Sidekiq up to 7 and Exq cannot read them.
        case milliseconds
    }

    /// Microseconds since 1970-01-01 00:00 UTC.
    public let microseconds: Int
    /// The unit this was read in; what is made here has ``Unit/floatSeconds``.
    public let unit: Unit

    /// From this magnitude on a number is milliseconds.
    private static let leastMilliseconds = 1e11
    /// 9999-12-31; beyond it a number is no time, and arithmetic on it stays far from overflow.
    private static let greatestSeconds = 253_402_300_799.0

    /// Makes a moment.
    public init(microseconds: Int, unit: Unit = .floatSeconds) {
        self.microseconds = microseconds
        self.unit = unit
    }

    /// Makes a moment of seconds since 1970, rounded to microseconds; nil if not a moment up to the year 9999.
    public init?(seconds: Double, unit: Unit = .floatSeconds) {
        guard seconds.isFinite, abs(seconds) <= Self.greatestSeconds else { return nil }
        self.init(microseconds: Int((seconds * 1e6).rounded()), unit: unit)
    }

    /// Reads the raw JSON of a field: a number in any of the units; nil for `null`, strings and absurd numbers.
    public init?(json raw: ArraySlice<UInt8>) {
        guard let number = RawScalar.double(raw), number.isFinite else { return nil }
        let isInteger = raw.allSatisfy { JSONScanner.isDigit($0) || $0 == UInt8(ascii: "-") }
        if abs(number) >= Self.leastMilliseconds {
            self.init(seconds: number / 1000, unit: .milliseconds)
        } else {
            self.init(seconds: number, unit: isInteger ? .integerSeconds : .floatSeconds)
        }
    }

    /// Seconds since 1970.
    public var seconds: Double {
        Double(microseconds) / 1e6
    }

    /// Whole milliseconds since 1970, rounded down.
    public var milliseconds: Int {
        microseconds / 1000 - (microseconds % 1000 < 0 ? 1 : 0)
    }

    /// Whole seconds since 1970, rounded down.
    public var wholeSeconds: Int {
        microseconds / 1_000_000 - (microseconds % 1_000_000 < 0 ? 1 : 0)
    }

    /// The JSON text of the moment.
    ///
    /// Float seconds always have a fraction, since Sidekiq 8 reads a number without one as milliseconds; they have up to
    /// six digits.
    public func json(unit: Unit) -> [UInt8] {
        switch unit {
        case .milliseconds: Array(String(milliseconds).utf8)
        case .integerSeconds: Array(String(wholeSeconds).utf8)
        case .floatSeconds: floatSeconds
        }
    }

    private var floatSeconds: [UInt8] {
        let magnitude = microseconds.magnitude
        var text: [UInt8] = microseconds < 0 ? [UInt8(ascii: "-")] : []
        text.append(contentsOf: String(magnitude / 1_000_000).utf8)
        text.append(UInt8(ascii: "."))
        var fraction = magnitude % 1_000_000
        var divisor: UInt = 100_000
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / divisor))
            fraction %= divisor
            divisor /= 10
        } while fraction > 0 && divisor > 0
        return text
    }

    /// Whether one moment is before the other; the unit does not matter.
    public static func < (left: Self, right: Self) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The moment a span later; stays at the end of time instead of overflowing.
    public func advanced(bySeconds seconds: Int) -> Timestamp {
        let (span, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = microseconds.addingReportingOverflow(span)
        return Timestamp(microseconds: overflow || carry ? (seconds < 0 ? .min : .max) : sum, unit: unit)
    }
}
