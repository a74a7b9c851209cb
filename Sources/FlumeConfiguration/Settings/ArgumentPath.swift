public import FlumeWire

/// A place among a job's arguments, whose value is the key of a limit or of a batch: `args[0]`, `args[1].tenant.id`.
public struct ArgumentPath: Sendable, Hashable, CustomStringConvertible {
    private enum Step: Sendable, Hashable {
        case index(Int)
        case member(String)
    }

    /// As it was written.
    public let description: String
    private let steps: [Step]

    /// Reads `args`, a place in brackets, and whatever follows: a place in brackets in an array, a point and a name in an
    /// object.
    ///
    /// - Returns: `nil` for anything else.
    public init?(_ text: String) {
        guard text.hasPrefix("args[") else { return nil }
        var steps: [Step] = []
        var rest = text.dropFirst("args".count)
        while let sign = rest.first {
            rest = rest.dropFirst()
            if sign == "[", let end = rest.firstIndex(of: "]") {
                let digits = rest[..<end]
                guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let index = Int(digits) else { return nil }
                steps.append(.index(index))
                rest = rest[rest.index(after: end)...]
            } else if sign == "." {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                steps.append(.member(String(name)))
                rest = rest[name.endIndex...]
            } else {
                return nil
            }
        }
        description = text
        self.steps = steps
    }

    /// What stands there in a job: text as it is, a number or a Boolean as JSON writes it.
    ///
    /// - Returns: `nil` if there is nothing, or `null`.
    /// - Throws: ``NoKeyError`` if there is an array or an object; `PayloadError` if the arguments are none.
    public func key(of payload: JobPayload) throws -> String? {
        var value: JSONValue? = .array(try payload.arguments())
        for step in steps {
            switch step {
            case .index(let index): value = value?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            case .member(let name): value = value?[name]
            }
        }
        switch value {
        case nil, .null: return nil
        case .string(let text): return text
        case .number, .bool: return value.map { "\($0)" }
        case .array: throw NoKeyError(path: description, found: "an array")
        case .object: throw NoKeyError(path: description, found: "an object")
        }
    }
}
