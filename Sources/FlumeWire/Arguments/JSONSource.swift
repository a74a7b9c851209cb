/// A value inside checked JSON text: what the decoders read from.
struct JSONSource {
    var bytes: [UInt8]
    var range: Range<Int>

    var raw: ArraySlice<UInt8> {
        bytes[range]
    }

    var kind: JSONKind {
        range.isEmpty ? .null : JSONKind(bytes[range.lowerBound])
    }

    /// The elements if this is an array.
    var elements: [Range<Int>] {
        guard kind == .array else { return [] }
        var elements: [Range<Int>] = []
        JSONScanner.forEachElement(bytes.span, from: range.lowerBound) { elements.append($0) }
        return elements
    }

    /// The members if this is an object.
    var members: [(key: String, value: Range<Int>)] {
        guard kind == .object else { return [] }
        var members: [(key: String, value: Range<Int>)] = []
        JSONScanner.forEachMember(bytes.span, from: range.lowerBound) { key, value in
            members.append((JSONStringCoding.decode(bytes, key), value))
        }
        return members
    }

    func at(_ range: Range<Int>) -> JSONSource {
        JSONSource(bytes: bytes, range: range)
    }

    /// The beginning of the value, for messages.
    var excerpt: String {
        let limit = 60
        let text = String(decoding: raw.prefix(limit), as: UTF8.self)
        return raw.count > limit ? text + "…" : text
    }

    func mismatch(_ expected: String, _ path: ArgumentPath) -> ArgumentsError {
        ArgumentsError(
            .typeMismatch, path, "expected \(expected), found \(found)",
            discreet: "expected \(expected), found \(kind) (not shown)")
    }

    private var found: String {
        switch kind {
        case .null: "null"
        case .bool, .number, .string, .array, .object: "\(kind): \(excerpt)"
        }
    }

    // MARK: Reading

    func decode<T: Decodable>(_ type: T.Type, _ path: ArgumentPath) throws -> T {
        // Without these two a look-up of the conformance would cost more than the reading.
        if type == Int.self, let value = try Int.read(self, path) as? T { return value }
        if type == String.self, let value = try String.read(self, path) as? T { return value }
        if let scalar = type as? any JSONScalar.Type, let value = try scalar.read(self, path) as? T { return value }
        if type == JSONValue.self, let value = JSONValue.build(bytes, range) as? T { return value }
        if let foreign = try FoundationValues.decode(type, self, path) { return foreign }
        return try T(from: SourceDecoder(source: self, path: path))
    }
}
