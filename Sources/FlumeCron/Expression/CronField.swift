/// A field of a cron expression: which numbers and names it takes.
enum CronField: String, Sendable, CaseIterable {
    case second
    case minute
    case hour
    case dayOfMonth = "day of month"
    case month
    case dayOfWeek = "day of week"

    /// What may be written.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        // 0 and 7 are both Sunday.
        case .dayOfWeek: 0...7
        }
    }

    /// Names by their first three letters, from the least number.
    private var names: [String] {
        switch self {
        case .second, .minute, .hour, .dayOfMonth: []
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: Self.dayNames
        }
    }

    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let longNames = [
        "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "january", "february", "march",
        "april", "june", "july", "august", "september", "october", "november", "december",
    ]

    /// Whether a text begins with the name of a day, which no time zone's name does.
    static func beginsWithDay(_ text: Substring) -> Bool {
        let word = text.prefix { $0.isLetter }.lowercased()
        return dayNames.contains(word) || longNames.contains(word)
    }

    /// Reads what is written in the field.
    func numbers(_ text: Substring) throws(CronError) -> CronNumbers {
        var numbers = CronNumbers()
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !item.isEmpty else {
                throw problem(text.isEmpty ? "it is empty" : "found \(text), where a part of the list is empty")
            }
            try insert(item, into: &numbers)
        }
        return numbers
    }

    /// `*`, `5`, `1-5`, and each with a step: `*/15`, `10-40/10`, `5/15`.
    private func insert(_ item: Substring, into numbers: inout CronNumbers) throws(CronError) {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let ends = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        var (first, last) = (range.lowerBound, self == .dayOfWeek ? 6 : range.upperBound)
        if parts[0] != "*" {
            first = try number(ends[0], in: item)
            // A step without an end goes on to the end of the field.
            if ends.count == 2 {
                last = try number(ends[1], in: item)
                // The week may end with Sunday.
                if self == .dayOfWeek, last == 0, first > 0 { last = 7 }
            } else if parts.count == 1 {
                last = first
            }
            guard first <= last else {
                throw problem("found \(item), a range that goes down; it has the smaller number first")
            }
        }
        var step = 1
        if parts.count == 2 {
            guard let number = Self.digits(parts[1]), (1...range.upperBound).contains(number) else {
                throw problem("found \(item), where the step is not a number from 1 to \(range.upperBound)")
            }
            step = number
        }
        for number in stride(from: first, through: last, by: step) {
            numbers.insert(self == .dayOfWeek ? number % 7 : number)
        }
    }

    private func number(_ text: Substring, in item: Substring) throws(CronError) -> Int {
        if let number = Self.digits(text), range.contains(number) { return number }
        let word = text.lowercased()
        let isName = word.count == 3 || Self.longNames.contains(word)
        if isName, let index = names.firstIndex(of: String(word.prefix(3))) {
            return index + (self == .month ? 1 : 0)
        }
        throw problem("found \(item)")
    }

    /// Digits alone; `Int` would take a sign too.
    private static func digits(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private func problem(_ what: String) -> CronError {
        var forms = "\(range.lowerBound) to \(range.upperBound)"
        if let first = names.first, let last = names.last { forms += " or \(first) to \(last)" }
        if self == .dayOfWeek { forms += " (0 and 7 are Sunday)" }
        let example = "\(range.lowerBound + 1)-\(range.lowerBound + 5)"
        return CronError(
            field: rawValue,
            message: "\(what); accepted are *, \(forms), a range \(example), a step */2 or \(example)/2, "
                + "and lists of them with commas")
    }
}
