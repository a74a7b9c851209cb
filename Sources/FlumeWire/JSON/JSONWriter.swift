/// Appends JSON text the way Ruby's `JSON.generate` writes it.
///
/// No blanks; only `"`, `\` and control characters are escaped; `/`, U+007F, U+2028 stay raw. Whatever is written is
/// valid UTF-8, as Swift strings always are.
package enum JSONWriter {
    /// Appends a string with its quotes.
    package static func append(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { unsafe appendEscaped($0, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends bytes as a string with its quotes; invalid UTF-8 is replaced by U+FFFD.
    package static func append(text: [UInt8], to bytes: inout [UInt8]) {
        let valid = UTF8Repair.isValid(text) ? text : UTF8Repair.repaired(text)
        bytes.reserveCapacity(bytes.count + valid.count + valid.count / 4 + 2)
        bytes.append(UInt8(ascii: "\""))
        unsafe valid.withUnsafeBufferPointer { unsafe appendEscaped($0, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends an integer.
    package static func append(_ integer: some BinaryInteger, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(integer).utf8)
    }

    /// Appends `true` or `false`.
    package static func append(_ bool: Bool, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: (bool ? "true" : "false").utf8)
    }

    /// Appends a value, whatever its depth, without recursion.
    package static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let bool): append(bool, to: &bytes)
        case .number(let number): bytes.append(contentsOf: number.text.utf8)
        case .string(let string): append(string, to: &bytes)
        case .array, .object: appendContainer(value, to: &bytes)
        }
    }

    private static func appendContainer(_ value: JSONValue, to bytes: inout [UInt8]) {
        enum Pending {
            case value(JSONValue)
            case member(JSONObject.Member)
            case byte(UInt8)
        }
        var pending: [Pending] = [.value(value)]
        while let next = pending.popLast() {
            switch next {
            case .byte(let byte):
                bytes.append(byte)
            case .member(let member):
                append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                pending.append(.value(member.value))
            case .value(.array(let elements)):
                bytes.append(UInt8(ascii: "["))
                pending.append(.byte(UInt8(ascii: "]")))
                for (index, element) in elements.enumerated().reversed() {
                    pending.append(.value(element))
                    if index > 0 { pending.append(.byte(UInt8(ascii: ","))) }
                }
            case .value(.object(let object)):
                bytes.append(UInt8(ascii: "{"))
                pending.append(.byte(UInt8(ascii: "}")))
                for (index, member) in object.members.enumerated().reversed() {
                    pending.append(.member(member))
                    if index > 0 { pending.append(.byte(UInt8(ascii: ","))) }
                }
            case .value(let scalar):
                append(scalar, to: &bytes)
            }
        }
    }

    /// Copies runs that need no escape as they are.
    private static func appendEscaped(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        let span = unsafe Span(_unsafeElements: text)
        var start = 0
        while start < span.count {
            let end = JSONScanner.nextSpecial(span, from: start)
            unsafe bytes.append(contentsOf: text[start..<end])
            if end < span.count { appendEscape(span[end], to: &bytes) }
            start = end + 1
        }
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x20...: bytes.append(byte)
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            let digit = byte & 15
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
