/// Puts environment variables in the place of `${VAR}` and `${VAR:-default}`.
///
/// It works on values that are already taken apart, so that what a variable contains is never read as YAML.
struct Substitution: Sendable {
    var variables: [String: String]

    /// The same with every value's variables put in.
    ///
    /// A value with a variable in it may be a number though it stands in quotes, as `"${PORT}"` often does.
    func applied(to source: Source) throws(ConfigurationError) -> Source {
        var source = source
        switch source.content {
        case .nothing:
            break
        case .scalar(let text, _):
            guard text.contains("${") else { break }
            let replaced = try replace(text, in: source)
            source.content = replaced.isEmpty ? .nothing : .scalar(replaced, isQuoted: false)
        case .list(let items):
            var replaced: [Source] = []
            for item in items { replaced.append(try applied(to: item)) }
            source.content = .list(replaced)
        case .mapping(let entries):
            var replaced: [Source.Entry] = []
            for entry in entries {
                replaced.append(.init(key: entry.key, line: entry.line, value: try applied(to: entry.value)))
            }
            source.content = .mapping(replaced)
        }
        return source
    }

    private func replace(_ text: String, in source: Source) throws(ConfigurationError) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("${") {
                result += "${"
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("{") {
                guard let end = rest.firstIndex(of: "}") else {
                    throw source.problem("a ${ is not closed; a variable is written ${VAR} or ${VAR:-default}")
                }
                result += try value(of: rest[rest.index(after: rest.startIndex)..<end], in: source)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
            }
        }
        return result + rest
    }

    private func value(of reference: Substring, in source: Source) throws(ConfigurationError) -> String {
        var name = reference
        var fallback: String?
        if let mark = reference.firstIndex(of: ":") {
            guard reference[mark...].hasPrefix(":-") else {
                throw source.problem("${\(reference)} is not a variable; write ${VAR} or ${VAR:-default}")
            }
            name = reference[..<mark]
            fallback = String(reference[mark...].dropFirst(2))
        }
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
            throw source.problem("${\(reference)} is not a variable; write ${VAR} or ${VAR:-default}")
        }
        // As in a shell, `:-` also stands in for a variable that is empty.
        let value = variables[String(name)]
        if let fallback { return value.flatMap { $0.isEmpty ? nil : $0 } ?? fallback }
        guard let value else {
            throw source.problem("the variable \(name) is not set; ${\(name):-default} would give a default")
        }
        return value
    }
}
