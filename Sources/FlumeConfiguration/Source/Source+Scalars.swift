extension Source {
    /// Text, whatever it looks like: a queue may be called 1.
    func text(isEmptyAllowed: Bool = false) throws(ConfigurationError) -> String {
        if case .nothing = content, isEmptyAllowed { return "" }
        guard case .scalar(let text, _) = content else { throw expected("text") }
        guard isEmptyAllowed || !text.allSatisfy(\.isWhitespace) else { throw expected("text that is not empty") }
        return text
    }

    /// A number without fraction.
    func integer(in range: ClosedRange<Int> = 1...Int.max) throws(ConfigurationError) -> Int {
        let bounds =
            range.upperBound == .max
            ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        guard let number = plainInteger, range.contains(number) else {
            throw expected("a whole number \(bounds)" + (isQuotedNumber ? ", without quotes" : ""))
        }
        return number
    }

    /// How many jobs run at a time; more than the greatest is a slip, and a fetch asks for as many jobs at once.
    func concurrency() throws(ConfigurationError) -> Int {
        try integer(in: 1...FlumeSettings.greatestConcurrency)
    }

    /// Digits as YAML 1.1 has them, `10_000`; not octal, which a leading zero would be.
    private var plainInteger: Int? {
        guard case .scalar(let text, isQuoted: false) = content else { return nil }
        let digits = text.filter { $0 != "_" }
        let unsigned = digits.drop { $0 == "-" || $0 == "+" }
        guard unsigned.count == 1 || unsigned.first != "0" else { return nil }
        return Int(digits)
    }

    private var isQuotedNumber: Bool {
        if case .scalar(let text, isQuoted: true) = content { return Int(text) != nil }
        return false
    }

    /// Yes or no, in the words of YAML 1.1, and as 1 or 0 in the environment.
    func boolean() throws(ConfigurationError) -> Bool {
        guard case .scalar(let text, isQuoted: false) = content else { throw expected("true or false") }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        case "1" where line == nil: return true
        case "0" where line == nil: return false
        default: throw expected("true or false")
        }
    }

    /// One of a few words.
    func choice<Value>(_ values: KeyValuePairs<String, Value>) throws(ConfigurationError) -> Value {
        if case .scalar(let text, _) = content, let match = values.first(where: { $0.key == text }) {
            return match.value
        }
        let words = values.map(\.key)
        throw expected(words.dropLast().joined(separator: ", ") + " or " + (words.last ?? ""))
    }

    /// A list of texts.
    ///
    /// A single one may stand without a list; in the environment several stand between commas.
    func texts() throws(ConfigurationError) -> [String] {
        switch content {
        case .list(let items):
            var texts: [String] = []
            for item in items { texts.append(try item.text()) }
            return texts
        case .scalar(let text, _) where line == nil:
            return text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        case .scalar:
            return [try text()]
        case .nothing, .mapping:
            throw expected("a list of texts")
        }
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    var trimmed: String {
        var rest = self[...].drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
