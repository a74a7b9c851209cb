/// Says why bytes are not the JSON text that was asked for, and where.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the text.
    public enum Reason: Sendable, Hashable {
        /// Nothing but white space.
        case empty
        /// The text stops before the value is complete.
        case unexpectedEnd
        /// A byte that cannot stand here; `expected` says in words what could.
        case unexpectedByte(UInt8, expected: String)
        /// A raw control character (below U+0020) inside a string; JSON wants it escaped.
        case controlCharacter(UInt8)
        /// `\u` without four hexadecimal digits, or a backslash before a control character.
        case invalidEscape
        /// A number such as `01`, `1.`, `.5`, `-`.
        case invalidNumber
        /// More objects and arrays inside each other than allowed.
        case tooDeep(limit: Int)
        /// Something follows the complete value.
        case trailingBytes
    }

    /// What is wrong.
    public let reason: Reason
    /// The position of the offending byte, counted from 0.
    public let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// One sentence with the place.
    public var description: String {
        switch reason {
        case .empty: "no JSON at all: the text is empty"
        case .unexpectedEnd: "the JSON text stops unfinished at byte \(offset)"
        case .unexpectedByte(let byte, let expected):
            "unexpected \(Self.name(byte)) at byte \(offset), expected \(expected)"
        case .controlCharacter(let byte): "raw control character \(Self.name(byte)) in a string at byte \(offset)"
        case .invalidEscape: "invalid escape sequence in a string at byte \(offset)"
        case .invalidNumber: "malformed number at byte \(offset)"
        case .tooDeep(let limit): "nested deeper than \(limit) levels at byte \(offset)"
        case .trailingBytes: "unexpected bytes after the end of the JSON value, from byte \(offset) on"
        }
    }

    private static func name(_ byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "0x" + (digits.count < 2 ? "0" + digits : digits)
    }
}
