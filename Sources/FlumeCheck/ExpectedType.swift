import FlumeWire

/// A type in Swift's words, for values of JSON.
indirect enum ExpectedType: Sendable, Hashable, CustomStringConvertible {
    case int, string, double, bool, any
    case array(ExpectedType)
    case dictionary(ExpectedType)
    case optional(ExpectedType)

    var isOptional: Bool {
        switch self {
        case .optional, .any: true
        case .int, .string, .double, .bool, .array, .dictionary: false
        }
    }

    var description: String {
        switch self {
        case .int: "Int"
        case .string: "String"
        case .double: "Double"
        case .bool: "Bool"
        case .any: "Any"
        case .array(let element): "[\(element)]"
        case .dictionary(let value): "[String: \(value)]"
        case .optional(let type): "\(type)?"
        }
    }

    /// Throws if a value is not of this type, as decoding would.
    func check(_ value: JSONValue, _ path: String) throws {
        switch (self, value) {
        case (.any, _), (.optional, .null), (.string, .string), (.bool, .bool), (.double, .number): return
        case (.int, _) where value.int != nil: return
        case (.optional(let type), _): try type.check(value, path)
        case (.array(let type), .array(let elements)):
            for (index, element) in elements.enumerated() { try type.check(element, "\(path)[\(index)]") }
        case (.dictionary(let type), .object(let object)):
            for member in object.members { try type.check(member.value, "\(path).\(member.key)") }
        default:
            let (text, limit) = ("\(value)", 60)
            let excerpt = text.count > limit ? "\(text.prefix(limit))…" : text
            throw ExpectationError(text: path, problem: "expected \(self), found \(excerpt)")
        }
    }

    /// Reads types from words.
    struct Reader {
        static let advice = "write Int, String, Double, Bool, Any, [T], [String: T] or T?"

        private var rest: Substring
        private let text: String

        init(_ rest: Substring, of text: String) {
            self.rest = rest
            self.text = text
        }

        /// `T, T, T` to the end.
        mutating func readList() throws -> [ExpectedType] {
            var types: [ExpectedType] = []
            skipBlanks()
            while !rest.isEmpty {
                if !types.isEmpty { try take(",") }
                types.append(try read())
                skipBlanks()
            }
            return types
        }

        private mutating func read() throws -> ExpectedType {
            var type = try readPlain()
            while rest.first == "?" {
                rest.removeFirst()
                type = .optional(type)
            }
            return type
        }

        private mutating func readPlain() throws -> ExpectedType {
            skipBlanks()
            guard rest.first == "[" else { return try readName() }
            rest.removeFirst()
            let first = try read()
            skipBlanks()
            guard first == .string, rest.first == ":" else {
                try take("]")
                return .array(first)
            }
            rest.removeFirst()
            let value = try read()
            try take("]")
            return .dictionary(value)
        }

        private mutating func readName() throws -> ExpectedType {
            let name = rest.prefix { $0.isLetter }
            rest.removeFirst(name.count)
            switch name {
            case "Int": return .int
            case "String": return .string
            case "Double": return .double
            case "Bool": return .bool
            case "Any": return .any
            default: throw ExpectationError(text: text, problem: "\"\(name)\" is no type here; \(Self.advice)")
            }
        }

        private mutating func take(_ character: Character) throws {
            skipBlanks()
            guard rest.first == character else {
                let found = rest.first.map { "'\($0)'" } ?? "the end"
                throw ExpectationError(text: text, problem: "'\(character)' is expected, not \(found); \(Self.advice)")
            }
            rest.removeFirst()
        }

        private mutating func skipBlanks() {
            rest = rest.drop { $0 == " " }
        }
    }
}
