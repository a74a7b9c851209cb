import FlumeWire

/// A type in Swift's words, for values of JSON; Ruby's own kinds that ActiveJob stores have Ruby's names.
indirect enum ExpectedType: Sendable, Hashable, CustomStringConvertible {
    case int, string, double, bool, any
    case array(ExpectedType)
    case dictionary(ExpectedType)
    case optional(ExpectedType)
    /// What ActiveJob wraps, by the name of its serializer.
    case ruby(String)

    /// The kinds that every Rails has.
    static let rubyNames = [
        "Symbol", "GlobalID", "Time", "DateTime", "TimeWithZone", "Date", "Duration", "BigDecimal", "Range", "Module",
    ]

    var isOptional: Bool {
        switch self {
        case .optional, .any: true
        case .int, .string, .double, .bool, .array, .dictionary, .ruby: false
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
        case .ruby(let name): name
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
        case (.ruby(let name), .object(let object)) where RubyShape.activeJobShape(object) == name: return
        case (.dictionary(let type), .object(let object)) where RubyShape.activeJobShape(object) == nil:
            // ActiveJob's marks are no members.
            for member in object.members where !member.key.hasPrefix("_aj_") {
                try type.check(member.value, "\(path).\(member.key)")
            }
        default:
            let (text, limit) = (value.object.flatMap(RubyShape.activeJobShape) ?? "\(value)", 60)
            let excerpt = text.count > limit ? "\(text.prefix(limit))…" : text
            throw ExpectationError(text: path, problem: "expected \(self), found \(excerpt)")
        }
    }

    /// Reads types from words.
    struct Reader {
        static let advice =
            "write Int, String, Double, Bool, Any, [T], [String: T] or T?, for an ActiveJob also name: T, "
            + rubyNames.joined(separator: ", ")

        private var rest: Substring
        private let text: String

        init(_ rest: Substring, of text: String) {
            self.rest = rest
            self.text = text
        }

        /// `T, T, name: T` to the end.
        mutating func readList() throws -> List {
            var list = List()
            var isFirst = true
            skipBlanks()
            while !rest.isEmpty {
                if !isFirst { try take(",") }
                isFirst = false
                if let name = readLabel() {
                    list.keywords.append(.init(name: name, type: try read()))
                } else if list.keywords.isEmpty {
                    list.types.append(try read())
                } else {
                    throw ExpectationError(text: text, problem: "keyword arguments come last")
                }
                skipBlanks()
            }
            return list
        }

        /// `name:`, if it is one.
        private mutating func readLabel() -> String? {
            skipBlanks()
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard !name.isEmpty, rest.dropFirst(name.count).first == ":" else { return nil }
            rest.removeFirst(name.count + 1)
            return String(name)
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
            case _ where rubyNames.contains(String(name)): return .ruby(String(name))
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
