/// The members of a JSON object, in order, each key once.
///
/// Of duplicate keys the last value wins and the first place is kept, as in a Ruby Hash. Keys are the same when their bytes
/// are. Equality does not look at the order.
public struct JSONObject: Sendable, Hashable {
    /// A key and its value.
    public struct Member: Sendable, Hashable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// Makes a member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }

        /// Whether both have equal values and keys of the same bytes.
        public static func == (left: Self, right: Self) -> Bool {
            left.key.isExactly(right.key) && left.value == right.value
        }
    }

    /// The members in the order they are written.
    public private(set) var members: [Member]

    /// Beyond this many members a search by comparing keys is replaced by a dictionary while building.
    private static let smallCount = 16

    /// Makes an object of members in order; of duplicate keys the last value wins.
    public init(_ members: some Sequence<Member> = []) {
        self.members = Array(members)
        if self.members.count > 1 { removeDuplicates() }
    }

    /// How many members there are.
    public var count: Int {
        members.count
    }

    /// Whether there are none.
    public var isEmpty: Bool {
        members.isEmpty
    }

    /// The value of a key; setting nil removes the member, setting a new key appends it.
    public subscript(key: String) -> JSONValue? {
        get { members.first { $0.key.isExactly(key) }?.value }
        set {
            guard let newValue else {
                members.removeAll { $0.key.isExactly(key) }
                return
            }
            if let index = members.firstIndex(where: { $0.key.isExactly(key) }) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
    }

    private mutating func removeDuplicates() {
        if members.count <= Self.smallCount {
            let hasDuplicate = members.indices.contains { index in
                members[..<index].contains { $0.key.isExactly(members[index].key) }
            }
            guard hasDuplicate else { return }
        }
        var places: [ExactName: Int] = [:]
        var kept: [Member] = []
        for member in members {
            if let place = places[ExactName(member.key)] {
                kept[place].value = member.value
            } else {
                places[ExactName(member.key)] = kept.count
                kept.append(member)
            }
        }
        members = kept
    }

    /// Whether both have the same keys with equal values, in any order.
    public static func == (left: Self, right: Self) -> Bool {
        guard left.members.count == right.members.count else { return false }
        if left.members == right.members { return true }
        let values = Dictionary(right.members.map { (ExactName($0.key), $0.value) }) { _, last in last }
        return left.members.allSatisfy { values[ExactName($0.key)] == $0.value }
    }

    /// Hashes the members independently of their order.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(members.reduce(into: 0) { $0 ^= $1.hashValue })
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Makes an object of a literal; of duplicate keys the last value wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
