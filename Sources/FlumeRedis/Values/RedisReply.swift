/// What Redis answers to a command, in the types of RESP2.
public enum RedisReply: Sendable, Equatable {
    /// No such thing: the nil bulk string or nil array. Lua's `false` comes back as this too.
    case null
    /// An integer.
    case integer(Int)
    /// A short text such as `OK`.
    case status(String)
    /// A value, byte for byte.
    case bytes([UInt8])
    /// A list of replies.
    case array([RedisReply])
    /// An error inside a list or a pipeline; the error of a single command is thrown.
    indirect case error(RedisError)

    /// The number, also when it came as text; nil for anything else.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        case .status(let text): Int(text)
        case .null, .array, .error: nil
        }
    }

    /// The text of a value, a status or an integer, with invalid UTF-8 replaced; nil for anything else.
    public var string: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .integer(let value): String(value)
        case .null, .array, .error: nil
        }
    }

    /// The bytes of a value or a status; nil for anything else.
    public var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let text): Array(text.utf8)
        case .null, .integer, .array, .error: nil
        }
    }

    /// The elements of a list; nil for anything else.
    public var array: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The number of a value such as a score, `inf` included; nil for anything else.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .bytes(let bytes): Double(String(decoding: bytes, as: UTF8.self))
        case .status(let text): Double(text)
        case .null, .array, .error: nil
        }
    }

    /// Whether there is no such thing.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The error of an element; nil when it is none.
    public var error: RedisError? {
        if case .error(let error) = self { error } else { nil }
    }
}
