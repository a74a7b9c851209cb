/// Random bytes as lowercase hexadecimal text.
enum HexText {
    /// Text of `count` digits.
    static func make(count: Int, using generator: inout some RandomNumberGenerator) -> String {
        // `unsafe`: the buffer has room for `count` bytes, and all of them are written.
        unsafe String(unsafeUninitializedCapacity: count) { text in
            var bits: UInt64 = 0
            for place in 0..<count {
                if place % 16 == 0 { bits = generator.next() }
                let digit = UInt8(truncatingIfNeeded: bits & 15)
                unsafe text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
                bits >>= 4
            }
            return count
        }
    }
}
