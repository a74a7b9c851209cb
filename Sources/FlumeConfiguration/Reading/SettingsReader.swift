/// Reads a file of Flume's own form.
struct SettingsReader {
    let substitution: Substitution
    private var problems = Problems()
    /// What the file sets, to be put in place in the order of the table.
    private var found: [String: Source] = [:]
    private var pipelines: Source?

    init(substitution: Substitution) {
        self.substitution = substitution
    }

    /// The settings with those of the file in place.
    mutating func settings(from root: Source, over settings: FlumeSettings) throws(ConfigurationError) -> FlumeSettings
    {
        try collect(root, section: "")
        checkBackOff()
        var settings = settings
        for key in SettingKey.all {
            guard let value = found[key.path] else { continue }
            do {
                try key.apply(try substitution.applied(to: value), &settings)
            } catch {
                problems.add(error)
            }
        }
        if let pipelines {
            var reader = PipelineReader(substitution: substitution, backOff: settings.backOff)
            do {
                settings.pipelines = try reader.pipelines(from: pipelines)
            } catch {
                problems.add(error)
            }
        }
        try problems.check()
        return settings
    }

    /// A back-off that has no parts cannot be given any.
    private mutating func checkBackOff() {
        guard let kind = found["backoff"], case .scalar(let text, _) = kind.content else { return }
        guard text != "exponential", !text.contains("$") else { return }
        for name in ["backoff_initial", "backoff_max", "backoff_jitter"] {
            guard let part = found.removeValue(forKey: name) else { continue }
            problems.add(part.problem("it is only for an exponential back-off, and backoff is \(text)"))
        }
    }

    private mutating func collect(_ section: Source, section path: String) throws(ConfigurationError) {
        for entry in try section.entries() {
            let name = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            var value = entry.value
            value.key = name
            if name == "pipelines" {
                pipelines = value
            } else if SettingKey.isSection(name), case .mapping = value.content {
                try collect(value, section: name)
            } else if SettingKey.all.contains(where: { $0.path == name }) {
                found[name] = value
            } else if SettingKey.isSection(name) {
                problems.add(value.expected("keys and values"))
            } else {
                problems.add(Self.unknown(value, entry, names: SettingKey.names(in: path)))
            }
        }
    }

    /// The error about a key that does not exist.
    static func unknown(_ value: Source, _ entry: Source.Entry, names: [String]) -> ConfigurationError {
        var place = value
        place.line = entry.line
        if let new = RenamedKeys.newName(of: entry.key) {
            return place.problem("it is called \(new) here")
        }
        if let nearest = NearestName.of(entry.key, in: names) {
            return place.problem("there is no such key; did you mean \(nearest)?")
        }
        var seen: Set<String> = []
        let known = names.filter { seen.insert($0).inserted }.joined(separator: ", ")
        return place.problem("there is no such key; there are \(known)")
    }
}
