/// Walks over JSON text in one pass without recursion and judges it as Ruby's `JSON.parse` does.
///
/// Accepted beyond RFC 8259, because a Ruby worker accepts it: comments (`/* */`, and `//` up to a line feed),
/// a backslash before any character from U+0020 on, invalid UTF-8 in strings, lone surrogates as `\u` escapes
/// (json 2.6 refuses some of them, later ones take them). Refused as there: `NaN`, `Infinity`, a byte order mark,
/// trailing bytes, raw control characters in strings.
///
/// All functions take the position to start at and return the position after what they read.
package enum JSONScanner {
    /// The deepest nesting any limit can allow: the open brackets are kept as the bits of one integer.
    package static let greatestDepth = 128

    /// Checks one value and returns the position after it.
    ///
    /// `depth` is how many objects and arrays are open already; they count towards the limit.
    @inline(__always)
    static func skipValue(
        _ text: Span<UInt8>, from start: Int, depth: Int = 0, maximumDepth: Int
    ) throws(JSONSyntaxError) -> Int {
        var index = try skipBlank(text, from: start)
        guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        // Most values of a payload are scalars: decide those before setting up for containers.
        switch text[index] {
        case UInt8(ascii: "\""):
            return try skipString(text, from: index)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            index = try skipContainer(text, from: index, depth: depth, maximumDepth: maximumDepth)
            return index
        default:
            return try skipScalar(text, from: index)
        }
    }

    /// Checks an object or array; `start` is at its bracket.
    static func skipContainer(
        _ text: Span<UInt8>, from start: Int, depth outerDepth: Int, maximumDepth: Int
    ) throws(JSONSyntaxError) -> Int {
        let limit = min(maximumDepth, greatestDepth)
        var index = start
        var depth = outerDepth
        /// Bit 0 is the innermost open bracket: 1 for an object, 0 for an array.
        var open: UInt128 = 0
        value: while true {
            guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""):
                index = try skipString(text, from: index)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < limit else { throw JSONSyntaxError(.tooDeep(limit: limit), at: index) }
                depth += 1
                let isObject = byte == UInt8(ascii: "{")
                open = open << 1 | (isObject ? 1 : 0)
                index = try skipBlank(text, from: index + 1)
                guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
                // ASCII: the closing bracket is the opening one + 2, for both kinds.
                guard text[index] == byte + 2 else {
                    if isObject { index = try skipKeyAndColon(text, from: index) }
                    continue value
                }
                index += 1
                depth -= 1
                open >>= 1
            default:
                index = try skipScalar(text, from: index)
            }
            // A value is complete: close brackets until the next value or the end.
            while depth > outerDepth {
                index = try skipBlank(text, from: index)
                guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
                let inObject = open & 1 == 1
                switch text[index] {
                case UInt8(ascii: ","):
                    index = try skipBlank(text, from: index + 1)
                    if inObject { index = try skipKeyAndColon(text, from: index) }
                    continue value
                case UInt8(ascii: "}") where inObject, UInt8(ascii: "]") where !inObject:
                    index += 1
                    depth -= 1
                    open >>= 1
                case let other:
                    throw JSONSyntaxError(
                        .unexpectedByte(other, expected: inObject ? "',' or '}'" : "',' or ']'"), at: index)
                }
            }
            return index
        }
    }

    /// Checks `"key":` and the blanks after it.
    @inline(__always)
    static func skipKeyAndColon(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        guard start < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: start) }
        guard text[start] == UInt8(ascii: "\"") else {
            throw JSONSyntaxError(.unexpectedByte(text[start], expected: "a string as key"), at: start)
        }
        return try skipColon(text, from: skipString(text, from: start))
    }

    /// Checks the colon after a key, with the blanks on both sides of it.
    @inline(__always)
    static func skipColon(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        let index = try skipBlank(text, from: start)
        guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        guard text[index] == UInt8(ascii: ":") else {
            throw JSONSyntaxError(.unexpectedByte(text[index], expected: "':'"), at: index)
        }
        return try skipBlank(text, from: index + 1)
    }

    /// Skips white space and comments.
    @inline(__always)
    static func skipBlank(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        // Producers write no blanks at all: one comparison settles the common case.
        guard start < text.count, text[start] <= UInt8(ascii: " ") || text[start] == UInt8(ascii: "/") else {
            return start
        }
        return try skipBlankSlowly(text, from: start)
    }

    @inline(never)
    private static func skipBlankSlowly(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        var index = start
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                index += 1
            case UInt8(ascii: "/"):
                index = try skipComment(text, from: index)
            default:
                return index
            }
        }
        return index
    }

    private static func skipComment(_ text: Span<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        var index = start + 1
        guard index < text.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        let kind = text[index]
        guard kind == UInt8(ascii: "/") || kind == UInt8(ascii: "*") else {
            throw JSONSyntaxError(.unexpectedByte(UInt8(ascii: "/"), expected: "a value or separator"), at: start)
        }
        index += 1
        while index < text.count {
            if kind == UInt8(ascii: "/") {
                if text[index] == UInt8(ascii: "\n") { return index + 1 }
            } else if text[index] == UInt8(ascii: "/"), index >= start + 3, text[index - 1] == UInt8(ascii: "*") {
                return index + 1
            }
            index += 1
        }
        throw JSONSyntaxError(.unexpectedEnd, at: index)
    }
}
