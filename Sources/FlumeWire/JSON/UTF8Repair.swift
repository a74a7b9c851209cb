/// Finds and replaces invalid UTF-8.
///
/// Ruby parses a payload with invalid UTF-8 but cannot write it again: its retry would be lost. So whatever is
/// written anew from here is made valid first.
package enum UTF8Repair {
    /// Whether the bytes are valid UTF-8 throughout.
    package static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.withContiguousStorageIfAvailable { unsafe isValid(Span(_unsafeElements: $0)) }
            ?? isValid(Array(bytes).span)
    }

    /// The bytes with each invalid sequence replaced by U+FFFD.
    package static func repaired(_ bytes: some Collection<UInt8>) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    private static func isValid(_ text: Span<UInt8>) -> Bool {
        var index = 0
        let raw = unsafe text.bytes
        while index < text.count {
            if index &+ 8 <= text.count {
                // In bounds by the line above; any byte pattern is an integer.
                let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    index &+= 8
                    continue
                }
            }
            guard let length = sequenceLength(text, at: index) else { return false }
            index += length
        }
        return true
    }

    /// The length of the valid sequence at `index` (Unicode standard, table 3-7).
    private static func sequenceLength(_ text: Span<UInt8>, at index: Int) -> Int? {
        let lead = text[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard index + length <= text.count, second.contains(text[index + 1]) else { return nil }
        for offset in 2..<max(length, 2) where !(0x80...0xBF).contains(text[index + offset]) { return nil }
        return length
    }
}
