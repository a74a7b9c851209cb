/// Reads the pipelines of a file of Flume's own form.
struct PipelineReader {
    let substitution: Substitution
    /// The back-off that a pipeline's own one refines.
    let backOff: BackOffSettings
    private var problems = Problems()

    init(substitution: Substitution, backOff: BackOffSettings) {
        self.substitution = substitution
        self.backOff = backOff
    }

    mutating func pipelines(from source: Source) throws(ConfigurationError) -> [PipelineSettings] {
        guard case .list(let items) = source.content, !items.isEmpty else {
            throw source.expected("a list of pipelines, each with a name and a queue")
        }
        var pipelines: [PipelineSettings] = []
        for (index, item) in items.enumerated() {
            var item = item
            item.key = "\(source.key)[\(index)]"
            do throws(ConfigurationError) {
                let pipeline = try pipeline(from: item)
                if pipelines.contains(where: { $0.name == pipeline.name }) {
                    throw item.problem("there is another pipeline named \(pipeline.name)")
                }
                pipelines.append(pipeline)
            } catch {
                problems.add(error)
            }
        }
        try problems.check()
        return pipelines
    }

    private func pipeline(from item: Source) throws(ConfigurationError) -> PipelineSettings {
        var problems = Problems()
        var draft = PipelineDraft()
        for entry in try item.entries() {
            var value = entry.value
            value.key = "\(item.key).\(entry.key)"
            guard let key = PipelineKey.all.first(where: { $0.name == entry.key }) else {
                problems.add(SettingsReader.unknown(value, entry, names: PipelineKey.all.map(\.name)))
                continue
            }
            do {
                try key.apply(try substitution.applied(to: value), &draft)
            } catch {
                problems.add(error)
            }
        }
        // What is missing is said only when nothing else is wrong: the wrong value may be the missing one.
        try problems.check()
        return try draft.finished(at: item, backOff: backOff)
    }
}
