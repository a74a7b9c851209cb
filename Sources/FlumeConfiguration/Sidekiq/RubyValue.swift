/// What an expression in a template comes to.
enum RubyValue: Equatable {
    case `nil`
    case text(String)
    case integer(Int)
    case boolean(Bool)

    /// Whether `||` is content with it.
    var isTruthy: Bool { self != .nil && self != .boolean(false) }

    /// What a template shows: Ruby's `to_s`.
    var shown: String {
        switch self {
        case .nil: ""
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .boolean(let value): "\(value)"
        }
    }

    /// Ruby's `to_i`: the digits at the beginning, or 0.
    var integerPrefix: Int? {
        switch self {
        case .nil: return 0
        case .integer(let number): return number
        case .boolean: return nil
        case .text(let text):
            let trimmed = text.drop { $0.isWhitespace }
            let sign = trimmed.prefix(while: { $0 == "-" || $0 == "+" }).prefix(1)
            let digits = trimmed.dropFirst(sign.count).prefix { $0.isASCII && ($0.isNumber || $0 == "_") }
            return Int(String(sign) + digits.filter { $0 != "_" }) ?? 0
        }
    }

    /// Ruby's `Integer(…)`: a whole number or nothing.
    var integer: Int? {
        switch self {
        case .integer(let number): number
        case .text(let text): Int(text.trimmed.filter { $0 != "_" })
        case .nil, .boolean: nil
        }
    }
}
