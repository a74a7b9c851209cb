/// The kind of a JSON value, known from its first byte, in words for messages.
enum JSONKind: Sendable, CustomStringConvertible {
    case null, bool, number, string, array, object

    init(_ first: UInt8) {
        switch first {
        case UInt8(ascii: "n"): self = .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "{"): self = .object
        default: self = .number
        }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
