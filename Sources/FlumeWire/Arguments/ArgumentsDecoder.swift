/// Reads the positional arguments of a job.
///
/// A `Codable` struct is the parameter list: its properties take the arguments in the order its `init(from:)` asks for
/// them, which for a synthesized conformance is the order of declaration. Missing trailing arguments are nil for optional
/// properties; any other wrong count is an error. A type that decodes as a list, such as `[Int]`, takes all of them.
///
/// `Int` does not take `3.0`, nor a number too large for it; `Double` takes integers. `Date` is refused, `URL` is its text,
/// `Data` base64 text.
public struct ArgumentsDecoder: Sendable {
    private let bytes: [UInt8]
    private let range: Range<Int>
    private let elements: [Range<Int>]

    /// Prepares the arguments of a payload; none if it has no `args`.
    ///
    /// - Throws: When `args` is not an array.
    public init(_ payload: JobPayload) throws(ArgumentsError) {
        let arguments = payload.argumentBytes
        try self.init(checked: payload.bytes, arguments.map { $0.startIndex..<$0.endIndex } ?? 0..<0)
    }

    /// Prepares the raw JSON of arguments; nil is an empty list.
    ///
    /// - Throws: When the bytes are not a JSON array.
    public init(_ raw: ArraySlice<UInt8>?) throws(ArgumentsError) {
        guard let raw else {
            try self.init(checked: [], 0..<0)
            return
        }
        let bytes = Array(raw)
        do throws(JSONSyntaxError) {
            let start = try JSONScanner.skipBlank(bytes.span, from: 0)
            let end = try JSONScanner.skipValue(
                bytes.span, from: start, depth: 1, maximumDepth: PayloadLimits.default.maximumDepth)
            let rest = try JSONScanner.skipBlank(bytes.span, from: end)
            guard rest == bytes.count else { throw JSONSyntaxError(.trailingBytes, at: rest) }
            self.init(trusted: bytes, start..<end)
        } catch {
            throw ArgumentsError(.notAnArray, "The arguments are not JSON: \(error).")
        }
        try checkArray()
    }

    private init(checked bytes: [UInt8], _ range: Range<Int>) throws(ArgumentsError) {
        self.init(trusted: bytes, range)
        try checkArray()
    }

    private init(trusted bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
        self.elements = JSONSource(bytes: bytes, range: range).elements
    }

    private func checkArray() throws(ArgumentsError) {
        let source = JSONSource(bytes: bytes, range: range)
        guard range.isEmpty || source.kind == .array else {
            throw ArgumentsError(
                .notAnArray, "args: expected an array, found \(source.kind): \(source.excerpt)",
                discreet: "args: expected an array, found \(source.kind) (not shown)")
        }
    }

    /// How many arguments there are.
    public var count: Int {
        elements.count
    }

    /// Reads all arguments as one value, normally a struct that is the parameter list.
    ///
    /// - Throws: Which argument does not fit, what was expected and what was found; also when there are too many.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(ArgumentsError) -> T {
        let progress = PositionalDecoder.Progress()
        let source = JSONSource(bytes: range.isEmpty ? Array("[]".utf8) : bytes, range: range.isEmpty ? 0..<2 : range)
        do {
            if type == JSONValue.self { return try source.decode(type, ArgumentPath()) }
            let decoder = PositionalDecoder(source: source, elements: elements, progress: progress)
            let value = try T(from: decoder)
            if !progress.isWhole { try checkCount(taken: progress.next) }
            return value
        } catch {
            throw ArgumentsError.wrapping(error, at: ArgumentPath())
        }
    }

    /// Reads the argument at a position; nil for an optional type if there are fewer.
    ///
    /// - Throws: When it does not fit, or is missing.
    public func decode<T: Decodable>(_ type: T.Type = T.self, position: Int) throws(ArgumentsError) -> T {
        let path = ArgumentPath(position: position)
        guard elements.indices.contains(position) else {
            if let missing = MissingArgument.value(type) { return missing }
            throw ArgumentsError(
                .wrongCount, path, "missing; \(ArgumentsError.count(count)) given, expected \(type) here")
        }
        do {
            return try JSONSource(bytes: bytes, range: elements[position]).decode(type, path)
        } catch {
            throw ArgumentsError.wrapping(error, at: path)
        }
    }

    /// Checks that no arguments are left over, for handlers that take them one by one.
    ///
    /// - Throws: When there are more than `taken`.
    public func checkCount(taken: Int) throws(ArgumentsError) {
        guard count <= taken else {
            throw ArgumentsError(
                .wrongCount, position: taken, "args: \(ArgumentsError.count(count)) given, expected \(taken)")
        }
    }
}
