extension JSONValue {
    /// Reads one JSON text, judged as Ruby's `JSON.parse` judges it.
    ///
    /// - Parameters:
    ///   - bytes: The text; nothing but blanks may stand around the value.
    ///   - maximumDepth: How many objects and arrays may be inside each other, at most 128. Ruby's limit is 100.
    /// - Throws: What is wrong and where.
    public init(
        parsing bytes: some Collection<UInt8>, maximumDepth: Int = PayloadLimits.default.maximumDepth
    ) throws(JSONSyntaxError) {
        let bytes = Array(bytes)
        let start = try JSONScanner.skipBlank(bytes.span, from: 0)
        guard start < bytes.count else { throw JSONSyntaxError(.empty, at: start) }
        let end = try JSONScanner.skipValue(bytes.span, from: start, maximumDepth: maximumDepth)
        let rest = try JSONScanner.skipBlank(bytes.span, from: end)
        guard rest == bytes.count else { throw JSONSyntaxError(.trailingBytes, at: rest) }
        self = Self.build(bytes, start..<end)
    }

    /// Builds the value of checked text; recursion is bounded by the depth limit of that check.
    static func build(_ bytes: [UInt8], _ range: Range<Int>) -> JSONValue {
        guard range.lowerBound < bytes.count else { return .null }
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "n"):
            return .null
        case UInt8(ascii: "t"):
            return .bool(true)
        case UInt8(ascii: "f"):
            return .bool(false)
        case UInt8(ascii: "\""):
            return .string(JSONStringCoding.decode(bytes, range))
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            JSONScanner.forEachElement(bytes.span, from: range.lowerBound) { elements.append(build(bytes, $0)) }
            return .array(elements)
        case UInt8(ascii: "{"):
            var members: [JSONObject.Member] = []
            JSONScanner.forEachMember(bytes.span, from: range.lowerBound) { key, value in
                members.append(.init(key: JSONStringCoding.decode(bytes, key), value: build(bytes, value)))
            }
            return .object(JSONObject(members))
        default:
            return .number(JSONNumber(trusted: String(decoding: bytes[range], as: UTF8.self)))
        }
    }
}
