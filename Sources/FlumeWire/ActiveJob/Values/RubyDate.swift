/// A Ruby Date among ActiveJob's arguments: a day without a time.
public struct RubyDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The year, by the Gregorian calendar at all times; Ruby's Date has the Julian one before 1582.
    public let year: Int
    /// The month, from 1.
    public let month: Int
    /// The day, from 1.
    public let day: Int

    /// Makes a day, or nil if the calendar has none such.
    public init?(year: Int, month: Int, day: Int) {
        guard (-999_999...999_999).contains(year), (1...12).contains(month),
            day >= 1, day <= CivilTime.days(inMonth: month, of: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `2024-02-29`, or nil if the text is no such day.
    public init?(iso8601 text: String) {
        var reader = ISO8601Reader(text)
        guard let date = reader.date(), reader.isAtEnd else { return nil }
        self = date
    }

    /// Days since 1970-01-01.
    public var daysSinceEpoch: Int {
        CivilTime.daysSinceEpoch(year: year, month: month, day: day)
    }

    /// The day as `2024-02-29`.
    public var description: String {
        "\(year < 0 ? "-" : "")\(CivilTime.pad(abs(year), 4))-\(CivilTime.pad(month))-\(CivilTime.pad(day))"
    }

    /// Whether one day is before the other.
    public static func < (left: Self, right: Self) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }
}

extension RubyDate: ActiveJobArgument {
    static var rubyName: String { "a Date" }

    static func read(_ decoder: ActiveJobDecoder) throws -> RubyDate {
        guard case .date(let date) = decoder.value else { throw decoder.mismatch(rubyName) }
        return date
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .date(self)
    }
}
