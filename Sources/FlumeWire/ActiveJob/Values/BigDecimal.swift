public import FoundationEssentials

/// A Ruby BigDecimal among ActiveJob's arguments: a decimal number of any length, exact.
///
/// Ruby writes `123.456` where all of ActiveSupport is loaded and `0.123456e3` elsewhere; both are the same number here.
public struct BigDecimal: Sendable, Hashable, CustomStringConvertible {
    /// The number as it was written.
    public let description: String
    /// `NaN`, `Infinity` and `-Infinity`, which BigDecimal has and JSON's numbers have not.
    private let special: String?
    private let isNegative: Bool
    /// The digits behind `0.`, without zeros at either end; empty for zero.
    private let digits: String
    private let exponent: Int

    /// Reads Ruby's `0.123456e3`, plain `123.456`, or JSON's `1.23456E+2`; nil if the text is no number.
    ///
    /// Exponents beyond those of BigDecimal itself are refused.
    public init?(_ text: some StringProtocol) {
        description = String(text)
        guard !["NaN", "Infinity", "-Infinity"].contains(String(text)) else {
            special = String(text)
            isNegative = text.hasPrefix("-")
            digits = ""
            exponent = 0
            return
        }
        var rest = Substring(text)
        special = nil
        isNegative = rest.first == "-"
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let mark = rest.firstIndex { $0 == "e" || $0 == "E" }
        let mantissa = rest[..<(mark ?? rest.endIndex)]
        let parts = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let all = parts.joined()
        guard !all.isEmpty, all.utf8.allSatisfy({ JSONScanner.isDigit($0) }), let whole = parts.first else {
            return nil
        }
        var shift = 0
        if let mark {
            guard let power = Int(rest[rest.index(after: mark)...]), power.magnitude < 1_000_000_000 else { return nil }
            shift = power
        }
        let significant = all.drop { $0 == "0" }
        digits = String(significant.reversed().drop { $0 == "0" }.reversed())
        exponent = digits.isEmpty ? 0 : whole.count + shift - (all.count - significant.count)
    }

    /// Makes a decimal of Foundation's.
    public init(_ decimal: Decimal) {
        self = BigDecimal(decimal.description) ?? BigDecimal(notANumber: "NaN")
    }

    private init(notANumber text: String) {
        description = text
        special = text
        isNegative = false
        digits = ""
        exponent = 0
    }

    /// Whether it is a number: neither `NaN` nor infinite.
    public var isFinite: Bool {
        special == nil
    }

    /// The number as Foundation has it, nil if it would not be the same number there.
    ///
    /// Foundation's has 38 digits and exponents from −128 to 127.
    public var decimal: Decimal? {
        guard isFinite else { return nil }
        guard !digits.isEmpty else { return 0 }
        guard let decimal = Decimal(string: description), BigDecimal(decimal) == self else { return nil }
        return decimal
    }

    /// The nearest double.
    public var double: Double {
        switch special {
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        case .some: .nan
        case nil: Double(description) ?? .nan
        }
    }

    /// Whether both are the same number, however they were written.
    public static func == (left: Self, right: Self) -> Bool {
        left.digits == right.digits && left.exponent == right.exponent && left.special == right.special
            && left.isNegative == right.isNegative
    }

    /// Hashes the number.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(digits)
        hasher.combine(exponent)
        hasher.combine(isNegative)
        hasher.combine(special)
    }
}

extension BigDecimal: ActiveJobArgument {
    static var rubyName: String { "a BigDecimal" }

    /// Rails before 7.1 writes the bare text; a job may also be given a number.
    static func read(_ decoder: ActiveJobDecoder) throws -> BigDecimal {
        switch decoder.value {
        case .decimal(let decimal): return decimal
        case .string(let text):
            guard let decimal = BigDecimal(text) else { throw decoder.mismatch(rubyName) }
            return decimal
        case .number(let number):
            guard let decimal = BigDecimal(number.text) else { throw decoder.mismatch(rubyName) }
            return decimal
        default: throw decoder.mismatch(rubyName)
        }
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .decimal(self)
    }
}
