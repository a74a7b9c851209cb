/// A value being written for ActiveJob, with containers that may still be open.
final class ActiveJobFragment {
    private enum Content {
        /// Nothing was asked for yet.
        case none
        case scalar(ActiveJobValue)
        case array([ActiveJobFragment])
        case hash([(key: String, isSymbol: Bool, value: ActiveJobFragment)])
    }

    private var content = Content.none
    /// The type asked for two kinds of containers, so its form is undefined.
    private var isContradictory = false

    init() {}

    init(_ value: ActiveJobValue) {
        content = .scalar(value)
    }

    var count: Int {
        switch content {
        case .none, .scalar: 0
        case .array(let elements): elements.count
        case .hash(let members): members.count
        }
    }

    func set(_ value: ActiveJobValue) {
        if case .none = content { content = .scalar(value) } else { isContradictory = true }
    }

    func beginArray() {
        switch content {
        case .none: content = .array([])
        case .array: break
        case .scalar, .hash: isContradictory = true
        }
    }

    func beginHash() {
        switch content {
        case .none: content = .hash([])
        case .hash: break
        case .scalar, .array: isContradictory = true
        }
    }

    func add(_ element: ActiveJobFragment) {
        guard case .array(var elements) = content else { return }
        content = .none
        elements.append(element)
        content = .array(elements)
    }

    func add(_ value: ActiveJobFragment, key: String, isSymbol: Bool) {
        guard case .hash(var members) = content else { return }
        content = .none
        members.append((key, isSymbol, value))
        content = .hash(members)
    }

    /// The complete value.
    func finished(_ path: ArgumentPath) throws(ArgumentsError) -> ActiveJobValue {
        guard !isContradictory else {
            throw ArgumentsError(.notStorable, path, "the type encodes itself in more than one form at a time")
        }
        switch content {
        case .none:
            return .hash(ActiveJobHash())
        case .scalar(let value):
            return value
        case .array(let elements):
            var values: [ActiveJobValue] = []
            for (index, element) in elements.enumerated() {
                values.append(try element.finished(path.appending(index: index)))
            }
            return .array(values)
        case .hash(let members):
            var finished: [ActiveJobHash.Member] = []
            for (key, isSymbol, value) in members {
                finished.append(
                    .init(key: key, value: try value.finished(path.appending(name: key)), isSymbol: isSymbol))
            }
            return .hash(ActiveJobHash(finished))
        }
    }
}
