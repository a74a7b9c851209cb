/// A job as it is stored: the producer's bytes, with views on the fields.
///
/// The bytes are never decoded and written again. Fields are edited in place; unknown fields, number forms, escapes and
/// the order of keys stay as the producer wrote them. Only invalid UTF-8 is repaired by an edit, because Ruby could not
/// write it again and would lose the job.
///
/// Reading checks the whole text once, as Ruby's `JSON.parse` would, and remembers where the known fields are; field
/// values are read when asked for. Of duplicate keys the last wins.
public struct JobPayload: Sendable, Hashable, CustomStringConvertible {
    /// The payload as stored: one JSON object.
    public internal(set) var bytes: [UInt8]
    var fields: FieldIndex

    /// Reads a stored job.
    ///
    /// What is wrong with arguments only shows in ``arguments()`` and in ``ArgumentsDecoder``: that is a failure of the
    /// job, with retries, not a broken payload.
    ///
    /// - Throws: When the bytes are too large, not JSON, not an object, too deep, or have no usable `class`. Such bytes
    ///   belong in the dead set as they are.
    public init(parsing bytes: [UInt8], limits: PayloadLimits = .default) throws(PayloadError) {
        guard bytes.count <= limits.maximumBytes else {
            throw PayloadError(
                .tooLarge,
                "The payload has \(bytes.count) bytes, more than the limit of \(limits.maximumBytes). "
                    + "Store the data elsewhere and pass a reference, or raise the limit.")
        }
        do throws(JSONSyntaxError) {
            self.fields = try FieldIndex(checking: bytes.span, maximumDepth: limits.maximumDepth)
        } catch {
            throw Self.explain(error, bytes, limits)
        }
        self.bytes = bytes
        try checkClass()
    }

    /// Wraps an object written or checked here.
    init(trusting bytes: [UInt8]) {
        self.bytes = bytes
        self.fields = FieldIndex(trusting: bytes.span)
    }

    /// Tells valid JSON that is no object from what is no JSON.
    private static func explain(
        _ error: JSONSyntaxError, _ bytes: [UInt8], _ limits: PayloadLimits
    ) -> PayloadError {
        guard case .unexpectedByte(let byte, _) = error.reason, byte != UInt8(ascii: "{"),
            let start = try? JSONScanner.skipBlank(bytes.span, from: 0), start == error.offset
        else { return PayloadError(error) }
        do throws(JSONSyntaxError) {
            let value = try JSONScanner.skipValue(bytes.span, from: start, maximumDepth: limits.maximumDepth)
            let end = try JSONScanner.skipBlank(bytes.span, from: value)
            guard end == bytes.count else { throw JSONSyntaxError(.trailingBytes, at: end) }
            return PayloadError(
                .notAnObject, at: start,
                "The payload is JSON but not an object: it is \(JSONKind(byte)). Find the producer that wrote it; "
                    + "a job is an object with \"class\" and \"args\".")
        } catch {
            return PayloadError(error)
        }
    }

    private func checkClass() throws(PayloadError) {
        guard let range = fields[.jobClass], bytes[range.lowerBound] != UInt8(ascii: "n") else {
            throw PayloadError(
                .missingClass, at: fields[.jobClass]?.lowerBound,
                "The payload has no \"class\", so nobody can say which handler it is for. Find the producer.")
        }
        guard bytes[range.lowerBound] == UInt8(ascii: "\""), range.count > 2 else {
            throw PayloadError(
                .invalidClass, at: range.lowerBound,
                "The payload's \"class\" at byte \(range.lowerBound) is not a name but "
                    + "\(range.count == 2 ? "empty" : "\(JSONKind(bytes[range.lowerBound]))"). Find the producer.")
        }
    }

    /// The payload as text.
    public var description: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Whether both have the same bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.bytes == right.bytes
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
    }
}
