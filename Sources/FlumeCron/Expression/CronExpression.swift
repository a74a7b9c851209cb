public import FlumeWire

/// When a periodic job runs: a cron expression and the time zone whose clocks it is about.
///
/// ```
/// ┌──────── second, 0-59: only where there are six fields, else 0
/// │ ┌────── minute, 0-59
/// │ │ ┌──── hour, 0-23
/// │ │ │ ┌── day of month, 1-31
/// │ │ │ │ ┌ month, 1-12 or jan-dec
/// │ │ │ │ │ ┌ day of week, 0-7 or sun-sat; 0 and 7 are Sunday
/// 0 30 3 * * mon-fri Europe/Berlin
/// ```
///
/// A field is `*`, a number, a range `1-5`, a step `*/15`, `10-40/10` or `5/15` (from 5 on), or a list of these with
/// commas. `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@noon` and `@hourly` stand for whole
/// expressions. When both the day of month and the day of week are other than `*`, a day that matches either of them
/// matches.
///
/// **When clocks change**: an expression whose hour begins with `*` follows elapsed time, so that every 15 minutes stays
/// every 15 minutes: local times that are skipped do not happen, and those that come twice run twice. Any other
/// expression runs once for each of its local times: at the moment of the change when the time is skipped (several in
/// the same gap run once), and the first time when it comes twice.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    let seconds: CronNumbers
    let minutes: CronNumbers
    let hours: CronNumbers
    let daysOfMonth: CronNumbers
    let months: CronNumbers
    let daysOfWeek: CronNumbers
    let isAnyDayOfMonth: Bool
    let isAnyDayOfWeek: Bool
    /// Whether it follows elapsed time when clocks change.
    let followsElapsedTime: Bool
    let timeZone: CronZone

    /// The expression as it was written, without a zone.
    public let text: String
    /// The name of the time zone.
    public var zone: String { timeZone.name }

    /// Reads an expression.
    ///
    /// - Parameters:
    ///   - text: five or six fields, or a name such as `@daily`; a time zone may stand behind them.
    ///   - zone: the time zone of a text without one.
    /// - Throws: ``CronError``, which names the field and the accepted forms. A day that never comes, such as 30
    ///   February, is an error too.
    public init(_ text: String, zone: String = "UTC") throws(CronError) {
        var words = text.split(whereSeparator: \.isWhitespace)
        var zone = zone
        // A zone is the only word that begins with a letter and is not a day or a month.
        if let last = words.last, words.count > 1, last.first?.isLetter == true,
            words[0].hasPrefix("@") || words.count > 5 && !CronField.beginsWithDay(last)
        {
            zone = String(words.removeLast())
        }
        timeZone = try CronZone(zone)
        self.text = words.joined(separator: " ")
        if let name = words.first, name.hasPrefix("@") {
            guard words.count == 1, let expression = Self.names[name.lowercased()] else {
                let known = Self.names.keys.sorted().joined(separator: ", ")
                throw CronError(field: "cron", message: "found \(self.text), expected one of \(known)")
            }
            words = expression.split(separator: " ")
        }
        if words.count == 5 { words.insert("0", at: 0) }
        guard words.count == 6 else { throw Self.wrongCount(words, text) }
        seconds = try CronField.second.numbers(words[0])
        minutes = try CronField.minute.numbers(words[1])
        hours = try CronField.hour.numbers(words[2])
        daysOfMonth = try CronField.dayOfMonth.numbers(words[3])
        months = try CronField.month.numbers(words[4])
        daysOfWeek = try CronField.dayOfWeek.numbers(words[5])
        isAnyDayOfMonth = words[3] == "*"
        isAnyDayOfWeek = words[5] == "*"
        followsElapsedTime = words[2].hasPrefix("*") || hours.count == 24
        guard !isAnyDayOfWeek || isAnyDayOfMonth || hasPossibleDay else {
            throw CronError(
                field: CronField.dayOfMonth.rawValue,
                message: "found \(words[3]) in month \(words[4]): there is no such day in any year")
        }
    }

    /// The first tick after a moment.
    ///
    /// - Returns: a whole second; `nil` when there is none before the end of the calendar.
    public func next(after time: Timestamp) -> Timestamp? {
        guard let tick = nextTick(after: time.wholeSeconds) else { return nil }
        let microseconds = tick.multipliedReportingOverflow(by: 1_000_000)
        return microseconds.overflow ? nil : Timestamp(microseconds: microseconds.partialValue)
    }

    /// The expression and its zone, as they can be read again.
    public var description: String { "\(text) \(zone)" }

    /// The greatest number of days that a month has in some year.
    private static let longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    private var hasPossibleDay: Bool {
        guard let day = daysOfMonth.first() else { return false }
        return (1...12).contains { months.contains($0) && day <= Self.longestMonths[$0 - 1] }
    }

    private static let names = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@noon": "0 12 * * *", "@hourly": "0 * * * *",
    ]

    private static func wrongCount(_ words: [Substring], _ text: String) -> CronError {
        let forms =
            "expected 5 fields (minute, hour, day of month, month, day of week), 6 with the second before them, or one of "
            + names.keys.sorted().joined(separator: ", ") + "; a time zone such as Europe/Berlin may stand behind them"
        return CronError(
            field: "cron",
            message: words.isEmpty ? "found nothing, \(forms)" : "found \(words.count) fields in \"\(text)\", \(forms)")
    }
}
