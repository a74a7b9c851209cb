/// Why an expression was not understood, or what Ruby would have raised.
struct RubyExpressionError: Error {
    var message: String
}

/// The few Ruby expressions that configuration files have: environment variables, defaults for them, numbers.
///
/// ```
/// or      = call ("||" call)*
/// call    = primary ("." ("to_i" | "to_s" | "strip" | "presence"))*
/// primary = ENV "[" or "]" | ENV ".fetch" "(" or ("," or)? ")" block? | Integer "(" or ")" | "(" or ")" | literal
/// ```
struct RubyExpression {
    private var rest: Substring
    private let variables: [String: String]
    private var isSkipping = false

    /// The value of an expression.
    static func value(
        of text: some StringProtocol, variables: [String: String]
    ) throws(RubyExpressionError) -> RubyValue {
        var expression = RubyExpression(rest: Substring(text), variables: variables)
        let value = try expression.either()
        expression.skipSpace()
        guard expression.rest.isEmpty else { throw expression.notUnderstood() }
        return value
    }

    private init(rest: Substring, variables: [String: String]) {
        self.rest = rest
        self.variables = variables
    }

    private mutating func either() throws(RubyExpressionError) -> RubyValue {
        var value = try call()
        while take("||") {
            // What follows is read even where Ruby would not run it: a variable missing there is no fault then.
            let wasSkipping = isSkipping
            isSkipping = wasSkipping || value.isTruthy
            let fallback = try call()
            isSkipping = wasSkipping
            if !value.isTruthy { value = fallback }
        }
        return value
    }

    private mutating func call() throws(RubyExpressionError) -> RubyValue {
        var value = try primary()
        while take(".") {
            let name = word()
            switch name {
            case "to_i":
                guard let number = isSkipping ? 0 : value.integerPrefix else {
                    throw .init(message: "\(value.shown) has no to_i")
                }
                value = .integer(number)
            case "to_s":
                value = .text(value.shown)
            case "strip":
                if isSkipping { continue }
                guard case .text(let text) = value else { throw .init(message: "only text can be stripped") }
                value = .text(text.trimmed)
            case "presence":
                if case .text(let text) = value, text.trimmed.isEmpty { value = .nil }
            default:
                throw notUnderstood(".\(name)")
            }
        }
        return value
    }

    private mutating func primary() throws(RubyExpressionError) -> RubyValue {
        skipSpace()
        guard let first = rest.first else { throw .init(message: "an expression ends too early") }
        if first == "\"" || first == "'" { return .text(try string(quote: first)) }
        if first.isNumber || first == "-" { return .integer(try number()) }
        if take("(") {
            let value = try either()
            try expect(")")
            return value
        }
        let start = rest
        switch word() {
        case "ENV": return try environment()
        case "Integer":
            try expect("(")
            let value = try either()
            try expect(")")
            guard let number = isSkipping ? 0 : value.integer else {
                throw .init(message: "Integer(…) got \(value == .nil ? "nil" : value.shown), which is not a number")
            }
            return .integer(number)
        case "nil": return .nil
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default:
            rest = start
            throw notUnderstood()
        }
    }

    private mutating func environment() throws(RubyExpressionError) -> RubyValue {
        if take("[") {
            let name = try either().shown
            try expect("]")
            return variables[name].map(RubyValue.text) ?? .nil
        }
        guard take("."), word() == "fetch" else { throw notUnderstood() }
        try expect("(")
        let name = try either().shown
        var fallback = try take(",") ? either() : nil
        try expect(")")
        if take("{") {
            // Ruby evaluates a second argument in any case, and a block only where the variable is not set.
            let wasSkipping = isSkipping
            isSkipping = wasSkipping || variables[name] != nil
            fallback = try either()
            isSkipping = wasSkipping
            try expect("}")
        }
        if let text = variables[name] { return .text(text) }
        guard let fallback else {
            if isSkipping { return .nil }
            throw .init(message: "the variable \(name) is not set, and ENV.fetch(\"\(name)\") has no default")
        }
        return fallback
    }

    private mutating func string(quote: Character) throws(RubyExpressionError) -> String {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: quote) else { throw .init(message: "a quote is not closed") }
        let text = rest[..<end]
        guard !text.contains("\\"), quote == "'" || !text.contains("#{") else {
            throw .init(message: "\(quote)\(text)\(quote) has a \\ or a #{}, which is not understood")
        }
        rest = rest[rest.index(after: end)...]
        return String(text)
    }

    private mutating func number() throws(RubyExpressionError) -> Int {
        let digits = rest.prefix { $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
        guard let number = Int(digits.filter { $0 != "_" }) else { throw notUnderstood(String(digits)) }
        rest = rest[digits.endIndex...]
        return number
    }

    // MARK: Words

    private mutating func skipSpace() {
        rest = rest.drop { $0.isWhitespace }
    }

    private mutating func take(_ token: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(token) else { return false }
        rest = rest.dropFirst(token.count)
        return true
    }

    private mutating func word() -> String {
        skipSpace()
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest[word.endIndex...]
        return String(word)
    }

    private mutating func expect(_ token: String) throws(RubyExpressionError) {
        guard take(token) else { throw notUnderstood() }
    }

    private func notUnderstood(_ part: String? = nil) -> RubyExpressionError {
        let text = part ?? rest.trimmed
        return .init(message: text.isEmpty ? "an expression ends too early" : "\(text) is not understood")
    }
}
