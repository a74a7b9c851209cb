extension JSONScanner {
    /// Checks a string; `start` is at the opening quote.
    @inline(__always)
    static func skipString(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        var index = start + 1
        while true {
            index = nextSpecial(text, from: index)
            guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
            switch text[index] {
            case UInt8(ascii: "\""):
                return index + 1
            case UInt8(ascii: "\\"):
                index = try skipEscape(text, from: index)
            case let control:
                throw JSONSyntaxError(.controlCharacter(control), at: index)
            }
        }
    }

    /// Finds the next quote, backslash or control character, or the end of the text.
    ///
    /// Eight bytes at a time: a byte of `mask` has its top bit set where the byte of the word is special. Borrows of
    /// the subtractions can only disturb bytes above a true hit, so the lowest hit is always right.
    @inline(__always)
    static func nextSpecial(_ text: Span<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var index = start
        let raw = unsafe text.bytes
        while index &+ 8 <= text.count {
            // The loop condition keeps the eight bytes inside the text; any byte pattern is an integer.
            let word = UInt64(
                littleEndian: unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let mask =
                ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word) & tops
            if mask != 0 { return index &+ mask.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return index }
            index &+= 1
        }
        return index
    }

    /// Checks an escape sequence; `start` is at the backslash.
    ///
    /// Ruby takes a backslash before any character but a control and reads that character.
    private static func skipEscape(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        let index = start + 1
        guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        guard text[index] >= 0x20 else { throw JSONSyntaxError(.invalidEscape, at: start) }
        guard text[index] == UInt8(ascii: "u") else { return index + 1 }
        guard index + 4 < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: text.count) }
        for digit in index + 1...index + 4 where hexadecimal(text[digit]) == nil {
            throw JSONSyntaxError(.invalidEscape, at: start)
        }
        return index + 5
    }

    /// The value of a hexadecimal digit.
    static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Checks a number, `true`, `false` or `null`.
    @inline(__always)
    static func skipScalar(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        guard start < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: start) }
        let byte = text[start]
        if isDigit(byte) || byte == UInt8(ascii: "-") { return try skipNumber(text, from: start) }
        let literal: StaticString
        switch byte {
        case UInt8(ascii: "t"): literal = "true"
        case UInt8(ascii: "f"): literal = "false"
        case UInt8(ascii: "n"): literal = "null"
        default: throw JSONSyntaxError(.unexpectedByte(byte, expected: "a value"), at: start)
        }
        guard text.matches(literal, at: start) else {
            throw JSONSyntaxError(.unexpectedByte(byte, expected: "a value"), at: start)
        }
        return start + literal.utf8CodeUnitCount
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    private static func skipNumber(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        var index = start
        if text[index] == UInt8(ascii: "-") { index += 1 }
        guard index < text.count, isDigit(text[index]) else { throw JSONSyntaxError(.invalidNumber, at: start) }
        if text[index] == UInt8(ascii: "0") {
            index += 1
            if index < text.count, isDigit(text[index]) { throw JSONSyntaxError(.invalidNumber, at: start) }
        } else {
            index = skipDigits(text, from: index)
        }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            guard index + 1 < text.count, isDigit(text[index + 1]) else {
                throw JSONSyntaxError(.invalidNumber, at: start)
            }
            index = skipDigits(text, from: index + 1)
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
            guard index < text.count, isDigit(text[index]) else { throw JSONSyntaxError(.invalidNumber, at: start) }
            index = skipDigits(text, from: index)
        }
        return index
    }

    @inline(__always)
    private static func skipDigits(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count, isDigit(text[index]) { index &+= 1 }
        return index
    }
}

extension Span<UInt8> {
    /// Whether the bytes from `start` on begin with `literal`.
    @inline(__always)
    func matches(_ literal: StaticString, at start: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard start >= 0, length <= count - start else { return false }
        let expected = unsafe literal.utf8Start
        for index in 0..<length {
            // A StaticString's storage is as long as its count says and lives for ever.
            let byte = unsafe expected[index]
            if self[start &+ index] != byte { return false }
        }
        return true
    }
}
