/// Where the known fields of a payload are: fixed storage, no dictionary, no allocation.
struct FieldIndex: Sendable {
    /// A half-open range; absent when `upper` is 0, since no value can end before the first byte.
    private struct Place: Sendable {
        var lower: UInt32 = 0
        var upper: UInt32 = 0
    }

    private var places = InlineArray<22, Place>(repeating: Place())

    /// The range of the value of a field.
    @inline(__always)
    subscript(field: KnownField) -> Range<Int>? {
        let place = places[field.rawValue]
        return place.upper == 0 ? nil : Int(place.lower)..<Int(place.upper)
    }

    /// Remembers a value; a later one of the same key replaces it, as in Ruby.
    @inline(__always)
    mutating func record(_ field: KnownField, _ lower: Int, _ upper: Int) {
        // Reading is limited to 2 GiB; only edits could grow a payload beyond what fits here.
        guard let lower = UInt32(exactly: lower), let upper = UInt32(exactly: upper) else {
            places[field.rawValue] = Place()
            return
        }
        places[field.rawValue] = Place(lower: lower, upper: upper)
    }

    /// The end of the last value of the object, known or not, in checked text; nil when there is no known field.
    ///
    /// It looks no further back than the last known one.
    func end(in text: Span<UInt8>) -> Int? {
        var last = 0
        for index in places.indices { last = max(last, Int(places[index].upper)) }
        guard last > 0 else { return nil }
        JSONScanner.forEachMember(text, after: last) { _, value in last = value.upperBound }
        return last
    }

    /// Checks a whole text to be one JSON object and remembers its known fields.
    init(checking text: Span<UInt8>, maximumDepth: Int) throws(JSONSyntaxError) {
        var index = try JSONScanner.skipBlank(text, from: 0)
        guard index < text.count else { throw JSONSyntaxError(.empty, at: 0) }
        guard text[index] == UInt8(ascii: "{") else {
            throw JSONSyntaxError(.unexpectedByte(text[index], expected: "'{'"), at: index)
        }
        index = try JSONScanner.skipBlank(text, from: index + 1)
        guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        if text[index] == UInt8(ascii: "}") {
            index += 1
        } else {
            members: while true {
                guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
                guard text[index] == UInt8(ascii: "\"") else {
                    throw JSONSyntaxError(.unexpectedByte(text[index], expected: "a string as key"), at: index)
                }
                let keyEnd = try JSONScanner.skipString(text, from: index)
                let field = Self.field(text, index + 1, keyEnd - 1)
                let valueStart = try JSONScanner.skipColon(text, from: keyEnd)
                let valueEnd = try JSONScanner.skipValue(text, from: valueStart, depth: 1, maximumDepth: maximumDepth)
                if let field { record(field, valueStart, valueEnd) }
                index = try JSONScanner.skipBlank(text, from: valueEnd)
                guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
                switch text[index] {
                case UInt8(ascii: ","):
                    index = try JSONScanner.skipBlank(text, from: index + 1)
                case UInt8(ascii: "}"):
                    index += 1
                    break members
                case let other:
                    throw JSONSyntaxError(.unexpectedByte(other, expected: "',' or '}'"), at: index)
                }
            }
        }
        index = try JSONScanner.skipBlank(text, from: index)
        guard index == text.count else { throw JSONSyntaxError(.trailingBytes, at: index) }
    }

    /// Finds the known fields of an object that was checked before or written here.
    init(trusting text: Span<UInt8>) {
        let start = JSONScanner.blankEnd(text, from: 0)
        JSONScanner.forEachMember(text, from: start) { key, value in
            guard let field = Self.field(text, key.lowerBound + 1, key.upperBound - 1) else { return }
            record(field, value.lowerBound, value.upperBound)
        }
    }

    @inline(__always)
    private static func field(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> KnownField? {
        if let field = KnownField(text, from: start, to: end) { return field }
        for index in start..<max(start, end) where text[index] == UInt8(ascii: "\\") {
            return escapedField(text, start, end)
        }
        return nil
    }

    /// A key such as `"\u006aid"`: legal, never seen from a real producer.
    @inline(never)
    private static func escapedField(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> KnownField? {
        // The longest known key has 13 characters, six bytes each when all are escaped.
        guard end - start <= 13 * 6 else { return nil }
        var token: [UInt8] = []
        for index in start - 1..<min(end + 1, text.count) { token.append(text[index]) }
        return KnownField(key: JSONStringCoding.decode(token, 0..<token.count))
    }
}
