/// Reads scalars from raw JSON without making strings.
enum RawScalar {
    /// An integer token, or nil for anything else.
    ///
    /// One beyond 64 bits becomes the nearest `Int`.
    static func clampedInteger(_ raw: ArraySlice<UInt8>) -> Int? {
        var rest = raw
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var magnitude = 0
        var isClamped = false
        for byte in rest {
            guard JSONScanner.isDigit(byte) else { return nil }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            isClamped = isClamped || overflow || carry
            magnitude = isClamped ? .max : sum
        }
        if isNegative { return isClamped ? .min : -magnitude }
        return magnitude
    }

    /// A number token as integer, or nil for anything else.
    ///
    /// Fractions are cut, values out of range are clamped.
    static func truncatedInteger(_ raw: ArraySlice<UInt8>) -> Int? {
        if let integer = clampedInteger(raw) { return integer }
        guard let double = double(raw) else { return nil }
        if let exact = Int(exactly: double.rounded(.towardZero)) { return exact }
        return double < 0 ? .min : .max
    }

    /// A number token as double, or nil for anything that is not a number; may be infinite.
    static func double(_ raw: ArraySlice<UInt8>) -> Double? {
        guard let first = raw.first, first == UInt8(ascii: "-") || JSONScanner.isDigit(first) else { return nil }
        return Double(String(decoding: raw, as: UTF8.self))
    }
}
