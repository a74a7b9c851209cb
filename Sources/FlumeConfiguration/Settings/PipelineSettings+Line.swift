extension PipelineSettings {
    /// Reads a pipeline from one line, as a command line or a variable has it.
    ///
    /// `name=ses,queue=mailers,concurrency=20,limit=400/1s,key=ses,batch=10/500ms,max-in-cluster=5`. The keys are those
    /// of a YAML file; `limit` and `batch` put count and time together. Several queues with weights are
    /// `queues=critical:3 default:1`, and further limits
    /// `limits=token_bucket 100 per 1s burst 20 key api + leaky_bucket 5 per 1s key disk local`.
    ///
    /// - Throws: ``ConfigurationError`` that says which part is wrong.
    public init(_ line: String) throws(ConfigurationError) {
        try self.init(
            line: Source(origin: "pipeline", line: nil, key: "", content: .scalar(line, isQuoted: false)),
            backOff: .standard)
    }

    init(line source: Source, backOff: BackOffSettings) throws(ConfigurationError) {
        var draft = PipelineDraft()
        var seen: Set<String> = []
        for part in try source.text().split(separator: ",") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = pieces[0].trimmed
            var value = source
            value.key = source.key.isEmpty ? name : "\(source.key) \(name)"
            guard pieces.count == 2 else { throw value.problem("found \(part.trimmed), expected key=value") }
            value.content = .scalar(pieces[1].trimmed, isQuoted: false)
            guard seen.insert(name).inserted else { throw value.problem("it is there twice") }
            switch name {
            case "limit":
                (draft.rateLimitCount, draft.rateLimitScale) = try Self.halves(of: value, "400/1s")
            case "batch":
                (draft.batchSize, draft.batchTimeout) = try Self.halves(of: value, "10/500ms")
            default:
                guard let key = PipelineKey.named(name) else {
                    let entry = Source.Entry(key: name, line: nil, value: value)
                    throw SettingsReader.unknown(
                        value, entry,
                        names: ["limit", "batch"] + PipelineKey.all.flatMap { [$0.name] + $0.shortNames })
                }
                try key.apply(value, &draft)
            }
        }
        self = try draft.finished(at: source, backOff: backOff)
    }

    /// The two sides of a slash.
    private static func halves(
        of source: Source, _ example: String
    ) throws(ConfigurationError) -> (Source?, Source?) {
        guard case .scalar(let text, _) = source.content, let slash = text.firstIndex(of: "/") else {
            throw source.expected("a count and a time such as \(example)")
        }
        var (left, right) = (source, source)
        left.content = .scalar(text[..<slash].trimmed, isQuoted: false)
        right.content = .scalar(text[text.index(after: slash)...].trimmed, isQuoted: false)
        return (left, right)
    }
}
