/// A Swift type that is one JSON token.
protocol JSONScalar {
    /// What a message calls the expected value.
    static var jsonName: String { get }
    /// Reads a token that was checked to be JSON.
    static func read(_ source: JSONSource, _ path: ArgumentPath) throws -> Self
    /// Appends the token.
    func write(to bytes: inout [UInt8], _ path: ArgumentPath) throws
}

extension JSONScalar where Self: FixedWidthInteger {
    static var jsonName: String { "\(Self.self)" }

    static func read(_ source: JSONSource, _ path: ArgumentPath) throws -> Self {
        guard source.kind == .number else { throw source.mismatch(jsonName, path) }
        let token = source.raw
        guard token.allSatisfy({ JSONScanner.isDigit($0) || $0 == UInt8(ascii: "-") }) else {
            throw source.mismatch(jsonName, path)
        }
        // Up to 18 digits cannot overflow; longer ones are rare and compared through their text.
        if token.count <= 18, let value = RawScalar.clampedInteger(token).flatMap({ Self(exactly: $0) }) {
            return value
        }
        guard let value = Self(String(decoding: token, as: UTF8.self)) else {
            throw ArgumentsError(
                .outOfRange, path, "\(source.excerpt) does not fit in \(jsonName)",
                discreet: "a number that does not fit in \(jsonName) (not shown)")
        }
        return value
    }

    func write(to bytes: inout [UInt8], _ path: ArgumentPath) {
        JSONWriter.append(self, to: &bytes)
    }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension Int128: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
extension UInt128: JSONScalar {}

extension JSONScalar where Self: BinaryFloatingPoint & LosslessStringConvertible {
    static var jsonName: String { "\(Self.self)" }

    static func read(_ source: JSONSource, _ path: ArgumentPath) throws -> Self {
        guard source.kind == .number else { throw source.mismatch(jsonName, path) }
        guard let value = Self(String(decoding: source.raw, as: UTF8.self)), value.isFinite else {
            throw ArgumentsError(
                .outOfRange, path, "\(source.excerpt) does not fit in \(jsonName)",
                discreet: "a number that does not fit in \(jsonName) (not shown)")
        }
        return value
    }

    func write(to bytes: inout [UInt8], _ path: ArgumentPath) throws {
        guard isFinite else {
            throw ArgumentsError(
                .notStorable, path, "\(self) cannot be stored: JSON has no NaN and no infinity. Pass nil or a string.")
        }
        bytes.append(contentsOf: description.utf8)
    }
}

extension Double: JSONScalar {}
extension Float: JSONScalar {}

extension String: JSONScalar {
    static var jsonName: String { "String" }

    static func read(_ source: JSONSource, _ path: ArgumentPath) throws -> String {
        guard source.kind == .string else { throw source.mismatch(jsonName, path) }
        return JSONStringCoding.decode(source.bytes, source.range)
    }

    func write(to bytes: inout [UInt8], _ path: ArgumentPath) {
        JSONWriter.append(self, to: &bytes)
    }
}

extension Bool: JSONScalar {
    static var jsonName: String { "Bool" }

    static func read(_ source: JSONSource, _ path: ArgumentPath) throws -> Bool {
        guard source.kind == .bool else { throw source.mismatch(jsonName, path) }
        return source.raw.first == UInt8(ascii: "t")
    }

    func write(to bytes: inout [UInt8], _ path: ArgumentPath) {
        JSONWriter.append(self, to: &bytes)
    }
}
