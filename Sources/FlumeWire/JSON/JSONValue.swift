/// Any JSON value, as it can stand among the arguments of a job or in a field of a payload.
///
/// Numbers keep their text, objects their order. NaN and infinities cannot be represented: JSON has none, and Ruby
/// refuses to write them.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number with its text.
    case number(JSONNumber)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, ordered.
    case object(JSONObject)

    /// Makes an integer number.
    public static func int(_ value: some BinaryInteger) -> JSONValue {
        .number(JSONNumber(value))
    }

    /// Makes a number with a fraction, or nil for NaN and infinities.
    public static func double(_ value: Double) -> JSONValue? {
        JSONNumber(value).map { .number($0) }
    }

    /// The text if this is a string.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The value if this is `true` or `false`; never of a number.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The value if this is an integer that fits; never of `3.0` or `true`.
    public var int: Int? {
        if case .number(let number) = self { number.int } else { nil }
    }

    /// The value if this is a number.
    public var double: Double? {
        if case .number(let number) = self { number.double } else { nil }
    }

    /// The elements if this is an array.
    public var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    /// The members if this is an object.
    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        self == .null
    }

    /// The value of a key if this is an object that has it.
    public subscript(key: String) -> JSONValue? {
        object?[key]
    }

    /// The value as JSON text without blanks.
    public var json: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(self, to: &bytes)
        return bytes
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON text.
    public var description: String {
        String(decoding: json, as: UTF8.self)
    }
}
