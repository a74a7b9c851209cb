/// Where a value is among the arguments, for messages: `args[1] (template)`, `args[0].sizes[3]`.
struct ArgumentPath: CustomStringConvertible {
    /// A step of the path; the first is the position, with the name of the property that takes it.
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

    var keys: [any CodingKey] = []

    /// The position among the arguments.
    var position: Int? {
        keys.first?.intValue
    }

    /// A path one step further.
    func appending(_ key: any CodingKey) -> ArgumentPath {
        ArgumentPath(keys: keys + [key])
    }

    /// The path an error of another type names, if it is more precise.
    func replacing(_ other: [any CodingKey]) -> ArgumentPath {
        other.count > keys.count ? ArgumentPath(keys: other) : self
    }

    var description: String {
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
