import FlumeCron
import FlumeWire

/// Reads a file of periodic jobs.
struct CronReader {
    /// Of entries without one.
    let zone: String
    private var problems = Problems()

    init(zone: String) { self.zone = zone }

    /// The entries in the order of the file.
    mutating func entries(from root: Source) throws(ConfigurationError) -> [CronEntry] {
        var entries: [CronEntry] = []
        for (name, source) in try named(root) {
            do throws(ConfigurationError) {
                var draft = CronDraft()
                try draft.read(source)
                let entry = try draft.entry(named: name, at: source, zone: zone)
                if entries.contains(where: { $0.name == entry.name }) {
                    throw source.problem("there is another entry named \(entry.name)")
                }
                entries.append(entry)
            } catch {
                problems.add(error)
            }
        }
        try problems.check()
        return entries
    }

    /// The entries with their names, which those of a list have among their keys.
    private func named(_ root: Source) throws(ConfigurationError) -> [(name: String?, source: Source)] {
        switch root.content {
        case .nothing:
            return []
        case .list(let items):
            return items.map { (nil, $0) }
        case .mapping(let entries):
            return entries.map { entry in
                var source = entry.value
                source.line = entry.line
                return (entry.key, source)
            }
        case .scalar:
            throw root.expected("entries: a name, and below it cron and class; or a list of such entries")
        }
    }
}
