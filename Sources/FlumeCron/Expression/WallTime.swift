import Foundation

/// What a clock on the wall shows: date and time without a zone.
struct WallTime: Sendable, Hashable, Comparable {
    /// Seconds since that clock showed 1970-01-01 00:00.
    var seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    /// A calendar whose clock on the wall shows UTC: it knows months, weekdays and leap years.
    private static let calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// Year, month and so on.
    var components: DateComponents {
        Self.calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
    }

    /// Midnight of a day; `nil` when the calendar ends before it.
    static func midnight(year: Int, month: Int, day: Int) -> WallTime? {
        calendar.date(from: DateComponents(year: year, month: month, day: day))
            .map { WallTime(seconds: Int($0.timeIntervalSince1970)) }
    }

    /// How many days a month has, and the day of the week of its first one, Sunday being 0.
    static func shape(ofYear year: Int, month: Int) -> (days: Int, firstWeekday: Int)? {
        guard let first = calendar.date(from: DateComponents(year: year, month: month, day: 1)),
            let days = calendar.range(of: .day, in: .month, for: first)
        else { return nil }
        return (days.count, calendar.component(.weekday, from: first) - 1)
    }

    static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}
