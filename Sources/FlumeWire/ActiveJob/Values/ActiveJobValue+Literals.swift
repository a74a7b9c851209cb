extension ActiveJobValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Makes `nil`.
    public init(nilLiteral: ()) {
        self = .null
    }

    /// Makes `true` or `false`.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// Makes an Integer.
    public init(integerLiteral value: Int) {
        self = .number(JSONNumber(value))
    }

    /// Makes a Float; a literal too large for a double becomes `nil`.
    public init(floatLiteral value: Double) {
        self = JSONNumber(value).map { .number($0) } ?? .null
    }

    /// Makes a String.
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    /// Makes an Array.
    public init(arrayLiteral elements: ActiveJobValue...) {
        self = .array(elements)
    }

    /// Makes a Hash whose keys all are Strings.
    public init(dictionaryLiteral elements: (String, ActiveJobValue)...) {
        self = .hash(ActiveJobHash(elements.map { ActiveJobHash.Member(key: $0.0, value: $0.1) }))
    }
}
