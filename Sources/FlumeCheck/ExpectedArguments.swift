import FlumeWire

/// The arguments of a job class in words, for classes without a Swift type at hand: `ImageJob(Int, [String], Double?)`.
///
/// `(...)` stands for any.
public struct ExpectedArguments: Sendable, Hashable {
    /// The name a handler is found by.
    public let jobClass: String
    /// `nil` for any.
    private let types: [ExpectedType]?

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
            types = nil
            return
        }
        var reader = ExpectedType.Reader(inside, of: text)
        types = try reader.readList()
    }

    /// Throws what a job would fail with that takes these arguments.
    func check(_ payload: JobPayload) throws {
        guard let types else { return }
        let decoder = try ArgumentsDecoder(payload)
        for (position, type) in types.enumerated() {
            let value: JSONValue? = try decoder.decode(position: position)
            if position >= decoder.count, !type.isOptional {
                throw ExpectationError(text: "args[\(position)]", problem: "missing; expected \(type)")
            }
            try type.check(value ?? .null, "args[\(position)]")
        }
        try decoder.checkCount(taken: types.count)
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
