/// The unit of a duration that is written as a plain number, where an older option had one.
enum DurationUnit: String, Sendable, CaseIterable {
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"
    case days = "d"

    var milliseconds: Double {
        switch self {
        case .milliseconds: 1
        case .seconds: 1000
        case .minutes: 60_000
        case .hours: 3_600_000
        case .days: 86_400_000
        }
    }
}

extension Source {
    /// Beyond this nobody waits; it keeps the arithmetic of deadlines far from overflow.
    private static let longestDays = 36_500.0

    /// `500ms`, `10s`, `1.5m`, `2h`, `180d`; a number alone only where it always had one unit.
    ///
    /// `plain` is the unit of a number alone, nil when a unit must be written; `advice` is said about a number alone then.
    func duration(
        plain: DurationUnit? = nil, atLeast minimum: Duration = .milliseconds(1), advice: String = ""
    ) throws(ConfigurationError) -> Duration {
        guard case .scalar(let text, let isQuoted) = content else { throw expected("a duration such as 10s or 500ms") }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
        let unitText = text[number.endIndex...].trimmed
        guard let value = Double(number.filter { $0 != "_" }), value.isFinite else {
            throw expected("a duration such as 10s or 500ms")
        }
        let unit: DurationUnit
        if let written = DurationUnit(rawValue: unitText) {
            unit = written
        } else if unitText.isEmpty, let plain, !isQuoted {
            unit = plain
        } else if unitText.isEmpty {
            throw problem("\(text) has no unit: write \(text)s or \(text)ms" + (advice.isEmpty ? "" : " (\(advice))"))
        } else {
            throw expected("a duration with the unit ms, s, m, h or d")
        }
        let milliseconds = value * unit.milliseconds
        guard milliseconds <= Self.longestDays * DurationUnit.days.milliseconds else {
            throw expected("a duration of 100 years at most")
        }
        let duration = Duration.microseconds(Int64((milliseconds * 1000).rounded()))
        guard duration >= minimum else { throw expected("a duration of \(minimum.inWords) or more") }
        return duration
    }
}

extension Duration {
    /// As it would be written in a file.
    var inWords: String {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
