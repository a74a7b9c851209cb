import Yams

extension Source {
    /// Reads one YAML document; `lineOf` tells which line of the file a line of the text came from.
    init(yaml: String, named name: String, lineOf: @escaping (Int) -> Int = { $0 }) throws(ConfigurationError) {
        do {
            guard let root = try Yams.compose(yaml: yaml) else {
                self.init(origin: name, line: 1, key: "", content: .nothing)
                return
            }
            self = try Self(root, Builder(name: name, lineOf: lineOf), line: 1, key: "")
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw Self.syntaxError(error, named: name, lineOf: lineOf)
        }
    }

    /// What is the same for all places of a file.
    fileprivate struct Builder {
        var name: String
        var lineOf: (Int) -> Int
        private let count = Count()

        private final class Count { var values = 0 }

        /// Aliases inside aliases unfold a few lines to more than any memory holds.
        private static let mostValues = 100_000

        init(name: String, lineOf: @escaping (Int) -> Int) {
            self.name = name
            self.lineOf = lineOf
        }

        /// Counts one more value.
        func isTooMuch() -> Bool {
            count.values += 1
            return count.values > Self.mostValues
        }

        func line(_ node: Node) -> Int? { (node.mark?.line).map(lineOf) }
    }

    private init(_ node: Node, _ builder: Builder, line: Int, key: String) throws(ConfigurationError) {
        guard !builder.isTooMuch() else {
            self.init(origin: builder.name, line: line, key: key, content: .nothing)
            throw problem("the file unfolds to too many values; are there aliases inside aliases?")
        }
        // The mark of a list or mapping is that of its end in some versions of the parser: their lines are the keys'.
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style != .plain && scalar.style != .any
            let isNothing = !isQuoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            self.init(
                origin: builder.name, line: builder.line(node) ?? line, key: key,
                content: isNothing ? .nothing : .scalar(scalar.string, isQuoted: isQuoted))
        case .sequence(let sequence):
            self.init(origin: builder.name, line: line, key: key, content: .nothing)
            var items: [Source] = []
            for (index, item) in sequence.enumerated() {
                items.append(
                    try Source(item, builder, line: builder.firstLine(item) ?? line, key: "\(key)[\(index)]"))
            }
            content = .list(items)
        case .mapping(let mapping):
            self.init(origin: builder.name, line: line, key: key, content: .nothing)
            content = .mapping(try entries(of: mapping, builder))
        case .alias:
            self.init(origin: builder.name, line: line, key: key, content: .nothing)
            throw problem("an alias names an anchor that is not there")
        }
    }

    /// The keys of a mapping, with those that `<<` brings in behind its own.
    private func entries(of mapping: Node.Mapping, _ builder: Builder) throws(ConfigurationError) -> [Entry] {
        var entries: [Entry] = []
        var merged: [Entry] = []
        for (keyNode, valueNode) in mapping {
            guard case .scalar(let scalar) = keyNode else { throw problem("a key is not text") }
            let name = scalar.string
            let keyLine = builder.line(keyNode) ?? line ?? 1
            let path = key.isEmpty ? name : "\(key).\(name)"
            if name == "<<", scalar.style == .plain {
                merged += try mergedEntries(of: valueNode, builder, line: keyLine)
            } else {
                let value = try Source(valueNode, builder, line: keyLine, key: path)
                if entries.contains(where: { $0.key == name }) { throw value.problem("it is there twice") }
                entries.append(Entry(key: name, line: keyLine, value: value))
            }
        }
        for entry in merged where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
        return entries
    }

    private func mergedEntries(
        of node: Node, _ builder: Builder, line: Int
    ) throws(ConfigurationError) -> [Entry] {
        switch node {
        case .mapping(let mapping):
            return try entries(of: mapping, builder)
        case .sequence(let sequence):
            var all: [Entry] = []
            for item in sequence { all += try mergedEntries(of: item, builder, line: line) }
            return all
        case .scalar, .alias:
            throw problem("<< on line \(line) is followed by *name of an anchor")
        }
    }

    private static func syntaxError(
        _ error: any Error, named name: String, lineOf: (Int) -> Int
    ) -> ConfigurationError {
        var line: Int?
        // Not the error's own text: it quotes the file, passwords included.
        var message = "it cannot be taken apart"
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            line = lineOf(mark.line)
            message = [context?.text, problem].compactMap { $0 }.joined(separator: ": ")
        case .duplicatedKeysInMapping(let keys, let context):
            line = lineOf(context.mark.line)
            message = "\(keys.sorted().joined(separator: ", ")) is there twice"
        case .reader(let problem, _, _, _):
            message = problem
        default:
            break
        }
        return ConfigurationError([.init(source: name, line: line, message: "not readable as YAML: \(message)")])
    }
}

extension Source.Builder {
    /// The line where a node begins, as far as a scalar in it tells.
    fileprivate func firstLine(_ node: Node) -> Int? {
        switch node {
        case .scalar: line(node)
        case .sequence(let sequence): sequence.first.flatMap(firstLine)
        case .mapping(let mapping): mapping.first.flatMap { firstLine($0.key) }
        case .alias: nil
        }
    }
}
