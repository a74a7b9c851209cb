/// Where a value is among the arguments, for messages: `args[1] (template)`, `args[0].sizes[3]`.
///
/// One is made for each value read or written, so the position itself needs no allocation.
struct ArgumentPath: CustomStringConvertible {
    /// A step of the path, as Codable types see it.
    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int?

        init(index: Int, name: String? = nil) {
            stringValue = name ?? "\(index)"
            intValue = index
        }

        init(name: String) {
            stringValue = name
            intValue = nil
        }

        init(stringValue: String) {
            self.init(name: stringValue)
        }

        init?(intValue: Int) {
            self.init(index: intValue)
        }
    }

    /// A step below the position: an index if `name` is nil.
    private final class Step: Sendable {
        let parent: Step?
        let name: String?
        let index: Int
        let depth: Int

        init(parent: Step?, name: String?, index: Int) {
            self.parent = parent
            self.name = name
            self.index = index
            self.depth = (parent?.depth ?? 1) + 1
        }
    }

    /// The position among the arguments; nil for the arguments as a whole.
    let position: Int?
    private let property: String?
    private let last: Step?

    /// The arguments as a whole.
    init() {
        position = nil
        property = nil
        last = nil
    }

    /// A position, with the name of the property that takes it.
    init(position: Int, property: String? = nil) {
        self.position = position
        self.property = property
        last = nil
    }

    private init(_ parent: ArgumentPath, _ last: Step?) {
        position = parent.position
        property = parent.property
        self.last = last
    }

    /// How many steps there are.
    var depth: Int {
        last?.depth ?? (position == nil ? 0 : 1)
    }

    /// The path of a member.
    func appending(name: String) -> ArgumentPath {
        ArgumentPath(self, Step(parent: last, name: name, index: 0))
    }

    /// The path of an element.
    func appending(index: Int) -> ArgumentPath {
        guard position != nil else { return ArgumentPath(position: index) }
        return ArgumentPath(self, Step(parent: last, name: nil, index: index))
    }

    /// The path as Codable types see it.
    var keys: [any CodingKey] {
        var keys: [any CodingKey] = []
        var step = last
        while let current = step {
            keys.append(current.name.map { Key(name: $0) } ?? Key(index: current.index))
            step = current.parent
        }
        if let position { keys.append(Key(index: position, name: property)) }
        return keys.reversed()
    }

    var description: String {
        Self.describe(keys)
    }

    static func describe(_ keys: [any CodingKey]) -> String {
        var text = "args"
        for (depth, key) in keys.enumerated() {
            if let index = key.intValue {
                text += "[\(index)]"
                if depth == 0, key.stringValue != "\(index)" { text += " (\(key.stringValue))" }
            } else {
                text += ".\(key.stringValue)"
            }
        }
        return text
    }
}
