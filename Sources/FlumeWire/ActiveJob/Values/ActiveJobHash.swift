/// A Ruby Hash among ActiveJob's arguments, ordered, with the keys that are Symbols told apart from those that are Strings.
public struct ActiveJobHash: Sendable, Hashable {
    /// A key and its value.
    public struct Member: Sendable, Hashable {
        /// The key, without a Symbol's colon.
        public var key: String
        /// The value.
        public var value: ActiveJobValue
        /// Whether the key is a Symbol.
        public var isSymbol: Bool

        /// Makes a member.
        public init(key: String, value: ActiveJobValue, isSymbol: Bool = false) {
            self.key = key
            self.value = value
            self.isSymbol = isSymbol
        }
    }

    /// What kind of Hash it is in Ruby.
    public enum Kind: Sendable, Hashable {
        /// A Hash.
        case plain
        /// The keyword arguments of `perform`, always the last argument.
        case keywords
        /// A HashWithIndifferentAccess, or permitted parameters of a controller; its keys are no Symbols.
        case indifferent
    }

    /// The members in their order, each key once.
    public private(set) var members: [Member]
    /// What kind of Hash it is.
    public var kind: Kind

    /// Makes a hash of members; of members with the same key the last counts.
    public init(_ members: some Sequence<Member> = [], kind: Kind = .plain) {
        self.members = []
        self.kind = kind
        var places: [String: Int] = [:]
        for member in members {
            if let place = places[member.key] {
                self.members[place] = member
            } else {
                places[member.key] = self.members.count
                self.members.append(member)
            }
        }
    }

    /// Makes a hash whose keys all are Symbols: `{name: "Bob"}`.
    public static func symbols(_ members: KeyValuePairs<String, ActiveJobValue>) -> ActiveJobHash {
        ActiveJobHash(members.map { Member(key: $0.key, value: $0.value, isSymbol: true) })
    }

    /// Makes keyword arguments: the last argument of a `perform(id, name:)`.
    public static func keywords(_ members: KeyValuePairs<String, ActiveJobValue>) -> ActiveJobHash {
        ActiveJobHash(members.map { Member(key: $0.key, value: $0.value, isSymbol: true) }, kind: .keywords)
    }

    /// Makes a HashWithIndifferentAccess.
    public static func indifferent(_ members: KeyValuePairs<String, ActiveJobValue>) -> ActiveJobHash {
        ActiveJobHash(members.map { Member(key: $0.key, value: $0.value) }, kind: .indifferent)
    }

    /// How many members there are.
    public var count: Int { members.count }

    /// The value of a key, be it a String or a Symbol.
    public subscript(key: String) -> ActiveJobValue? {
        members.first { $0.key == key }?.value
    }

    /// Whether it could be keyword arguments: each key is a Symbol.
    var mayBeKeywords: Bool {
        kind == .keywords || kind == .plain && !members.isEmpty && members.allSatisfy(\.isSymbol)
    }
}

extension ActiveJobHash: ExpressibleByDictionaryLiteral {
    /// Makes a hash whose keys all are Strings; of the same key the last counts.
    public init(dictionaryLiteral elements: (String, ActiveJobValue)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}

extension ActiveJobHash: CustomStringConvertible {
    /// The hash as Ruby writes it.
    public var description: String {
        let members = members.map { member in
            member.isSymbol ? "\(member.key): \(member.value)" : "\(JSONValue.string(member.key)) => \(member.value)"
        }
        return "{\(members.joined(separator: ", "))}"
    }
}

extension ActiveJobHash: ActiveJobArgument {
    static var rubyName: String { "a Hash" }

    static func read(_ decoder: ActiveJobDecoder) throws -> ActiveJobHash {
        guard case .hash(let hash) = decoder.value else { throw decoder.mismatch(rubyName) }
        return hash
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .hash(self)
    }
}
