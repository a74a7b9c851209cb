import FoundationEssentials

/// Foundation types whose own Codable forms would surprise a reader in another language.
///
/// `URL` is its text, `Decimal` a number with its exact digits, `Data` base64 text, as JSONEncoder writes them. `Date` is
/// refused: its own form counts seconds from 2001, and any other would be a guess.
enum FoundationValues {
    private static let dateAdvice =
        "Date has no form in JSON that Ruby and Elixir would take for a time. "
        + "Use seconds since 1970 (Double) or an ISO 8601 string."

    static func decode<T>(_ type: T.Type, _ source: JSONSource, _ path: ArgumentPath) throws -> T? {
        if type == URL.self {
            guard let url = URL(string: try String.read(source, path)) else { throw source.mismatch("a URL", path) }
            return url as? T
        }
        if type == Data.self {
            guard let data = Data(base64Encoded: try String.read(source, path)) else {
                throw source.mismatch("base64 text", path)
            }
            return data as? T
        }
        if type == Decimal.self {
            let text = String(decoding: source.raw, as: UTF8.self)
            guard source.kind == .number, let decimal = Decimal(string: text) else {
                throw source.mismatch("Decimal", path)
            }
            return decimal as? T
        }
        if type == Date.self { throw ArgumentsError(.typeMismatch, path, dateAdvice) }
        return nil
    }

    /// Appends the value if it is one of these.
    static func encode<T>(_ value: T, to bytes: inout [UInt8], _ path: ArgumentPath) throws -> Bool {
        if T.self == Date.self { throw ArgumentsError(.notStorable, path, dateAdvice) }
        if T.self == URL.self, let url = value as? URL {
            JSONWriter.append(url.absoluteString, to: &bytes)
            return true
        }
        if T.self == Data.self, let data = value as? Data {
            JSONWriter.append(data.base64EncodedString(), to: &bytes)
            return true
        }
        if T.self == Decimal.self, let decimal = value as? Decimal {
            guard let number = JSONNumber(decimal.description) else {
                throw ArgumentsError(.notStorable, path, "\(decimal) cannot be stored: JSON has no such number.")
            }
            bytes.append(contentsOf: number.text.utf8)
            return true
        }
        return false
    }
}
