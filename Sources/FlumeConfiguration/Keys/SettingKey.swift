/// A setting by its name: the key in a YAML file, and the variable in the environment.
struct SettingKey: Sendable {
    /// The key from the top of the file: `redis.tls.ca`.
    let path: String
    /// Puts a value in its place.
    let apply: @Sendable (_ value: Source, _ settings: inout FlumeSettings) throws(ConfigurationError) -> Void

    init(
        _ path: String,
        _ apply:
            @escaping @Sendable (
                _ value: Source, _ settings: inout FlumeSettings
            ) throws(ConfigurationError) -> Void
    ) {
        self.path = path
        self.apply = apply
    }

    /// `FLUME_REDIS_TLS_CA`.
    var variable: String {
        "FLUME_" + path.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// All of them, in the order in which they are put in place: a URL before what refines it.
    static let all = redis + worker + health + shared

    /// What pipelines have in common.
    private static let shared: [SettingKey] = [
        .init("concurrency") { value, settings throws(ConfigurationError) in
            settings.concurrency = try value.concurrency()
        },
        .init("backoff") { value, settings throws(ConfigurationError) in
            settings.backOff = try BackOffDraft(kind: value).settings()
        },
        .init("backoff_initial") { value, settings throws(ConfigurationError) in
            settings.backOff = try BackOffDraft(initial: value).settings(over: settings.backOff)
        },
        .init("backoff_max") { value, settings throws(ConfigurationError) in
            settings.backOff = try BackOffDraft(maximum: value).settings(over: settings.backOff)
        },
        .init("backoff_jitter") { value, settings throws(ConfigurationError) in
            settings.backOff = try BackOffDraft(jitter: value).settings(over: settings.backOff)
        },
    ]

    /// Whether the path is the beginning of longer ones: `redis.tls`.
    static func isSection(_ path: String) -> Bool {
        all.contains { $0.path.hasPrefix(path + ".") }
    }

    /// The names that may stand in a section, for suggestions.
    static func names(in section: String) -> [String] {
        let prefix = section.isEmpty ? "" : section + "."
        var names = section.isEmpty ? ["pipelines"] : []
        for key in all where key.path.hasPrefix(prefix) {
            let rest = key.path.dropFirst(prefix.count)
            names.append(String(rest.prefix { $0 != "." }))
        }
        return names
    }
}
