/// Random bytes as lowercase hexadecimal text.
enum HexText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Text of `count` digits.
    static func make(count: Int, using generator: inout some RandomNumberGenerator) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(count)
        var bits: UInt64 = 0
        for place in 0..<count {
            if place % 16 == 0 { bits = generator.next() }
            text.append(digits[Int(bits & 15)])
            bits >>= 4
        }
        return String(decoding: text, as: UTF8.self)
    }
}
