/// Turns JSON string tokens into Swift strings and back.
enum JSONStringCoding {
    /// The text of a checked string token, quotes included in `range`.
    ///
    /// Invalid UTF-8 and lone surrogates become U+FFFD.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        let inner = range.lowerBound + 1..<max(range.lowerBound + 1, range.upperBound - 1)
        guard inner.upperBound <= bytes.count else { return "" }
        let content = bytes[inner]
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        return String(decoding: unescape(content), as: UTF8.self)
    }

    /// Whether a checked string token is the given key.
    static func isEqual(_ bytes: [UInt8], _ range: Range<Int>, _ key: String) -> Bool {
        let inner = range.lowerBound + 1..<max(range.lowerBound + 1, range.upperBound - 1)
        guard inner.upperBound <= bytes.count else { return false }
        let content = bytes[inner]
        if content.elementsEqual(key.utf8) { return true }
        return content.contains(UInt8(ascii: "\\")) && unescape(content).elementsEqual(key.utf8)
    }

    private static func unescape(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var index = content.startIndex
        while index < content.endIndex {
            let byte = content[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < content.endIndex else {
                result.append(byte)
                index += 1
                continue
            }
            let escaped = content[index + 1]
            index += 2
            switch escaped {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"): index = appendUnicode(content, from: index, to: &result)
            default: result.append(escaped)
            }
        }
        return result
    }

    /// Appends the character of the four digits at `start`, joined with a low surrogate that follows.
    private static func appendUnicode(
        _ content: ArraySlice<UInt8>, from start: Int, to result: inout [UInt8]
    ) -> Int {
        guard let first = codeUnit(content, from: start) else {
            result.append(contentsOf: "\u{FFFD}".utf8)
            return min(start + 4, content.endIndex)
        }
        var next = start + 4
        var scalar = Unicode.Scalar(first)
        if (0xD800..<0xDC00).contains(first), next + 1 < content.endIndex, content[next] == UInt8(ascii: "\\"),
            content[next + 1] == UInt8(ascii: "u"), let second = codeUnit(content, from: next + 2),
            (0xDC00..<0xE000).contains(second)
        {
            scalar = Unicode.Scalar((first - 0xD800) << 10 + (second - 0xDC00) + 0x10000)
            next += 6
        }
        result.append(contentsOf: String(Character(scalar ?? "\u{FFFD}")).utf8)
        return next
    }

    private static func codeUnit(_ content: ArraySlice<UInt8>, from start: Int) -> UInt32? {
        guard start + 4 <= content.endIndex else { return nil }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            guard let digit = JSONScanner.hexadecimal(content[index]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }
}
