import FlumeWire

/// The arguments of a job class in words, for classes without a Swift type at hand: `ImageJob(Int, [String], Double?)`.
///
/// `(...)` stands for any. Of an ActiveJob class they are what its `perform` gets, keyword arguments at the end:
/// `ReportJob(GlobalID, format: Symbol?)`.
public struct ExpectedArguments: Sendable, Hashable {
    /// The name a handler is found by.
    public let jobClass: String
    /// `nil` for any.
    private let list: ExpectedType.List?

    /// Reads the words.
    ///
    /// - Throws: ``ExpectationError``, which says what is wrong and what can be written.
    public init(_ text: String) throws {
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")"), open != text.startIndex else {
            throw ExpectationError(text: text, problem: "a class and its arguments in parentheses are expected")
        }
        jobClass = text[..<open].trimmingBlanks
        let inside = text[text.index(after: open)...].dropLast()
        guard inside.trimmingBlanks != "..." else {
            list = nil
            return
        }
        var reader = ExpectedType.Reader(inside, of: text)
        list = try reader.readList()
    }

    /// Throws what a job would fail with that takes these arguments.
    func check(_ payload: JobPayload) throws {
        guard let list else { return }
        if ActiveJobEnvelope.wraps(payload) { return try check(list, ActiveJobEnvelope(payload)) }
        if let keyword = list.keywords.first {
            throw ExpectationError(
                text: keyword.name, problem: "a plain job has no keyword arguments; leave out the name")
        }
        let decoder = try ArgumentsDecoder(payload)
        var values: [JSONValue] = []
        for position in 0..<min(decoder.count, list.types.count) {
            values.append(try decoder.decode(position: position))
        }
        try list.check(values, "args")
        try decoder.checkCount(taken: list.types.count)
    }

    /// Serializers of the application's own are nothing to stumble over here, so the values are left as they are
    /// stored.
    private func check(_ list: ExpectedType.List, _ envelope: ActiveJobEnvelope) throws {
        guard var values = envelope["arguments"]?.array else {
            _ = try envelope.arguments()
            return
        }
        var keywords: JSONObject = [:]
        if !list.keywords.isEmpty, let last = values.last?.object, last.mayBeKeywords {
            keywords = last
            values.removeLast()
        }
        try list.check(values, "arguments")
        try list.check(keywords)
        guard values.count <= list.types.count else {
            let given = values.count == 1 ? "1 argument was" : "\(values.count) arguments were"
            throw ExpectationError(text: "arguments", problem: "\(given) given, expected \(list.types.count)")
        }
    }
}

extension JSONObject {
    /// Whether Ruby may take it for keyword arguments; Ruby 2 does so with any Hash of Symbols.
    fileprivate var mayBeKeywords: Bool {
        self["_aj_ruby2_keywords"] != nil || self["_aj_symbol_keys"]?.array?.isEmpty == false
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
