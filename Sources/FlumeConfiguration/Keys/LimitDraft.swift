import FlumeWorker

/// A limit while its keys are read: some make sense only together.
struct LimitDraft {
    private var kind: (name: LimitKind, count: Source)?
    private var parts: [LimitPart: Source] = [:]

    mutating func add(_ entry: Source.Entry, _ value: Source) throws(ConfigurationError) {
        if let part = LimitPart(rawValue: entry.key) {
            parts[part] = value
        } else if let name = LimitKind(rawValue: entry.key) {
            if let kind { throw value.problem("the limit is a \(kind.name.rawValue) already; write two limits") }
            kind = (name, value)
        } else {
            let names = LimitKind.allCases.map(\.rawValue) + LimitPart.allCases.map(\.rawValue)
            throw SettingsReader.unknown(value, entry, names: names)
        }
    }

    /// Puts the parts together.
    func finished(at place: Source) throws(ConfigurationError) -> LimitSettings {
        guard let (kind, value) = kind else { throw place.problem("a limit needs a kind: \(LimitKind.words)") }
        if kind != .tokenBucket { try refuse(.burst, "it is only for a token_bucket, and this is a \(kind.rawValue)") }
        let count = try value.integer()
        let key = try optional(.key) { part throws(ConfigurationError) in try part.text() }
        var limit: RateLimit
        switch kind {
        case .slidingWindow: limit = .slidingWindow(count, per: try scale(value), key: key)
        case .tokenBucket:
            let burst = try optional(.burst) { part throws(ConfigurationError) in try part.integer() }
            limit = .tokenBucket(rate: count, per: try scale(value), burst: burst ?? 1, key: key)
        case .leakyBucket: limit = .leakyBucket(count, per: try scale(value), key: key)
        case .concurrency:
            try refuse(.per, "a concurrency is how many run at a time, whatever the time")
            limit = .concurrency(count, key: key)
        }
        if let local = parts[.local], try local.boolean() {
            guard kind != .concurrency else {
                throw local.problem("how many run at a time in this process is the pipeline's concurrency")
            }
            try refuse(.by, "jobs of a key without room wait in Redis: a limit by key is never local")
            limit = .local(limit)
        }
        let by = try optional(.by) { part throws(ConfigurationError) in try part.argumentPath() }
        return LimitSettings(limit, by: by)
    }

    private func optional<Value>(
        _ part: LimitPart, _ read: (Source) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value? {
        guard let source = parts[part] else { return nil }
        return try read(source)
    }

    private func refuse(_ part: LimitPart, _ reason: String) throws(ConfigurationError) {
        if let source = parts[part] { throw source.problem(reason) }
    }

    private func scale(_ count: Source) throws(ConfigurationError) -> Duration {
        guard let per = parts[.per] else { throw count.problem("it says nothing without per, such as 1s") }
        return try per.limitScale()
    }
}
