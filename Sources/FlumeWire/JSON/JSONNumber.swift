/// A JSON number that keeps its text.
///
/// Big integers, `1.0e+20`, `-0.0` and `3.0` against `3` survive reading and writing unchanged. Two numbers are equal
/// when their texts are: `1` and `1.0` are different on this wire (`"retry": 3.0` is not a limit of 3).
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The number as it stands in the JSON text.
    public let text: String

    /// A number with checked text.
    init(trusted text: String) {
        self.text = text
    }

    /// Makes a number of JSON text, or nil when the text is not a JSON number.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first == UInt8(ascii: "-") || JSONScanner.isDigit(first),
            let end = try? JSONScanner.skipScalar(bytes.span, from: 0), end == bytes.count
        else { return nil }
        self.text = String(text)
    }

    /// Makes an integer.
    public init(_ integer: some BinaryInteger) {
        self.text = String(integer)
    }

    /// Makes a number that prints with a fraction or an exponent, or nil for NaN and infinities, which JSON has not.
    public init?(_ double: Double) {
        guard double.isFinite else { return nil }
        self.text = double.description
    }

    /// Whether the text has neither fraction nor exponent: what Ruby reads as an Integer.
    public var isInteger: Bool {
        !text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
    }

    /// The value when it is an integer by its text and fits.
    public var int: Int? {
        isInteger ? Int(text) : nil
    }

    /// The nearest double; infinite when the number is out of range, as in Ruby.
    public var double: Double {
        Double(text) ?? .nan
    }

    /// The text.
    public var description: String {
        text
    }
}
