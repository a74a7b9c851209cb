/// The further limits of a pipeline: a list in a file, and words in a line of text.
struct LimitList {
    let limits: [LimitSettings]

    init(_ source: Source) throws(ConfigurationError) {
        var source = source
        if case .scalar(let text, _) = source.content, source.line == nil {
            source.content = .list(try Self.items(of: text, at: source))
        }
        guard case .list(let items) = source.content, !items.isEmpty else {
            throw source.expected("a list of limits, each with \(LimitKind.words)")
        }
        var limits: [LimitSettings] = []
        var problems = Problems()
        for (index, item) in items.enumerated() {
            var item = item
            item.key = "\(source.key)[\(index)]"
            do throws(ConfigurationError) {
                limits.append(try Self.limit(item))
            } catch {
                problems.add(error)
            }
        }
        try problems.check()
        self.limits = limits
    }

    private static func limit(_ item: Source) throws(ConfigurationError) -> LimitSettings {
        var draft = LimitDraft()
        for entry in try item.entries() {
            var value = entry.value
            value.key = "\(item.key).\(entry.key)"
            try draft.add(entry, value)
        }
        return try draft.finished(at: item)
    }

    /// `token_bucket 100 per 1s burst 20 key api + concurrency 3 by args[0]`: what a list in a file says, in one line.
    private static func items(of text: String, at source: Source) throws(ConfigurationError) -> [Source] {
        var items: [Source] = []
        for part in text.split(separator: "+") {
            var words = part.split(whereSeparator: \.isWhitespace).map(String.init)[...]
            var entries: [Source.Entry] = []
            while let name = words.popFirst() {
                var value = source
                let isAlone = name == LimitPart.local.rawValue
                guard let text = isAlone ? "true" : words.popFirst() else {
                    throw source.problem("\(name) has no value; write pairs such as sliding_window 400 per 1s")
                }
                guard !entries.contains(where: { $0.key == name }) else {
                    throw source.problem("\(name) is there twice in one limit; a + stands between two")
                }
                value.content = .scalar(text, isQuoted: false)
                entries.append(.init(key: name, line: nil, value: value))
            }
            var item = source
            item.content = .mapping(entries)
            items.append(item)
        }
        return items
    }
}
