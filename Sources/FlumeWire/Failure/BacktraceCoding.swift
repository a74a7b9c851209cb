/// The `error_backtrace` field: base64 of a zlib-compressed JSON array of strings.
package enum BacktraceCoding {
    /// The most bytes a stored backtrace may expand to; a real one has some ten thousand.
    package static let greatestExpansion = 4 << 20

    /// The most bytes of a backtrace that are stored, in whole lines: with more, a job might be too large to be read again.
    package static let greatestLength = 256 << 10

    /// The stored form: strict base64 on one line, as Sidekiq 7.2.1 and later write and all read.
    ///
    /// Nil only if zlib runs out of memory.
    package static func encode(_ backtrace: [String]) -> String? {
        var bytes = 0
        let lines = backtrace.prefix { line in
            bytes += line.utf8.count
            return bytes <= greatestLength
        }
        let json = JSONValue.array(lines.map { .string($0) }).json
        return Zlib.deflate(json).map { String(decoding: Base64.encode($0), as: UTF8.self) }
    }

    /// Reads what any version stored: with line feeds (up to 7.2.0), without, or a plain array (6.0.0).
    ///
    /// Nil if it is none of these, or would expand beyond ``greatestExpansion``.
    package static func decode(_ value: JSONValue) -> [String]? {
        switch value {
        case .array(let lines): lines.compactMap(\.string)
        case .string(let text): decode(text)
        case .null, .bool, .number, .object: nil
        }
    }

    /// Reads the base64 form; see the other function.
    package static func decode(_ text: String) -> [String]? {
        guard let json = Zlib.inflate(Base64.decode(text.utf8), maximumBytes: greatestExpansion),
            case .array(let lines)? = try? JSONValue(parsing: json)
        else { return nil }
        return lines.compactMap(\.string)
    }
}
