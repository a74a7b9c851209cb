/// Reads the forms of ISO 8601 that Ruby's `iso8601` writes.
struct ISO8601Reader {
    private let text: [UInt8]
    private var place = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    var isAtEnd: Bool { place == text.count }

    /// A day: `2024-02-29`.
    mutating func date() -> RubyDate? {
        let isNegative = take("-")
        guard let year = number(atLeast: 4, atMost: 6), take("-"), let month = number(atLeast: 2, atMost: 2),
            take("-"), let day = number(atLeast: 2, atMost: 2)
        else { return nil }
        return RubyDate(year: isNegative ? -year : year, month: month, day: day)
    }

    /// A time of day: `T12:34:56.789`; seconds and nanoseconds since midnight.
    mutating func time() -> (seconds: Int, nanoseconds: Int)? {
        guard take("T") || take(" "), let hour = number(atLeast: 2, atMost: 2), hour <= 24, take(":"),
            let minute = number(atLeast: 2, atMost: 2), minute < 60, take(":"),
            let second = number(atLeast: 2, atMost: 2), second <= 60
        else { return nil }
        var nanoseconds = 0
        if take(".") {
            guard let fraction = fraction() else { return nil }
            nanoseconds = fraction
        }
        return (hour * 3600 + minute * 60 + second, nanoseconds)
    }

    /// The distance from UTC in seconds: `Z` is nil inside, `+01:00` is 3600.
    mutating func offset() -> Int?? {
        if take("Z") { return .some(nil) }
        let isNegative = take("-")
        guard isNegative || take("+"), let hour = number(atLeast: 2, atMost: 2), take(":"),
            let minute = number(atLeast: 2, atMost: 2), hour < 24, minute < 60
        else { return nil }
        let seconds = hour * 3600 + minute * 60
        return .some(isNegative ? -seconds : seconds)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < text.count, text[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let digits = text[place...].prefix { JSONScanner.isDigit($0) }
        place += digits.count
        return digits
    }

    private mutating func number(atLeast least: Int, atMost most: Int) -> Int? {
        let digits = digits()
        guard (least...most).contains(digits.count) else { return nil }
        return RawScalar.clampedInteger(digits)
    }

    /// Digits behind the point as nanoseconds; what is finer is cut.
    private mutating func fraction() -> Int? {
        let digits = digits()
        guard !digits.isEmpty else { return nil }
        let padded = Array(digits.prefix(9)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 9 - digits.count))
        return RawScalar.clampedInteger(padded[...])
    }
}
