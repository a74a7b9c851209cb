import FlumeCron
import FlumeWire

/// An entry while its keys are read: some make sense only together.
struct CronDraft {
    private(set) var name: Source?
    private var cron: Source?
    private var zone: Source?
    private var jobClass: Source?
    private var queue: Source?
    private var arguments: [JSONValue] = []
    private var retry = RetrySetting.default
    private var tickArgument = TickArgument.none
    private var missed: Source?
    private var isEnabled = true
    private var isActiveJob = false
    private var hasSymbolKeys = false
    private var queuePrefix: String?
    private var queueDelimiter = "_"
    private var text = ""

    /// The keys an entry may have.
    private static let keys = [
        "name", "cron", "zone", "class", "queue", "args", "description", "enabled", "status", "date_as_argument",
        "include_metadata", "missed", "retry", "active_job", "queue_name_prefix", "queue_name_delimiter",
        "symbolize_args", "namespace", "source",
    ]

    /// Other words for them.
    private static let synonyms = ["klass": "class", "timezone": "zone", "time_zone": "zone"]

    /// Takes the keys of an entry, and tells all that is wrong with them.
    mutating func read(_ source: Source) throws(ConfigurationError) {
        var problems = Problems()
        for entry in try source.entries() {
            let key = entry.key.withoutColon
            do throws(ConfigurationError) {
                guard try take(Self.synonyms[key] ?? key, entry.value) else {
                    throw SettingsReader.unknown(entry.value, entry, names: Self.keys)
                }
            } catch {
                problems.add(error)
            }
        }
        try problems.check()
    }

    /// - Returns: whether there is such a key.
    private mutating func take(_ key: String, _ value: Source) throws(ConfigurationError) -> Bool {
        switch key {
        case "name": name = value
        case "cron": cron = value
        case "zone": zone = value
        case "class": jobClass = value
        case "queue": queue = value
        case "args": arguments = try value.arguments()
        case "description": text = try value.text(isEmptyAllowed: true)
        // Where sidekiq-cron files an entry and who put it there: nothing of its times or its job.
        case "namespace", "source": _ = try value.text(isEmptyAllowed: true)
        case "enabled": isEnabled = try value.boolean()
        case "status": isEnabled = try value.choice(["enabled": true, "disabled": false])
        case "date_as_argument": if try value.boolean() { tickArgument = .seconds }
        case "include_metadata": if try value.boolean() { tickArgument = .object }
        case "missed":
            _ = try value.missedTicks()
            missed = value
        case "retry": retry = try value.retry()
        case "active_job": isActiveJob = try value.boolean()
        case "queue_name_prefix": queuePrefix = try value.text()
        case "queue_name_delimiter": queueDelimiter = try value.text()
        case "symbolize_args": hasSymbolKeys = try value.boolean()
        default: return false
        }
        return true
    }

    /// The entry, once all keys are read.
    func entry(
        named key: String?, at place: Source, zone defaultZone: String
    ) throws(ConfigurationError) -> CronEntry {
        guard let cron else { throw place.problem("it has no cron, such as cron: \"0 3 * * * Europe/Berlin\"") }
        guard let jobClass else { throw place.problem("it has no class") }
        let written = try name?.text()
        guard let name = written ?? key else { throw place.problem("it has no name") }
        var queue = try queue?.text() ?? "default"
        if let queuePrefix { queue = queuePrefix + queueDelimiter + queue }
        let payload = JobPayload(
            jobClass: try jobClass.text(), arguments: hasSymbolKeys ? arguments.map(\.withSymbolKeys) : arguments,
            queue: queue, retry: retry)
        do {
            return try CronEntry(
                name, try cron.text(), zone: try zone?.text() ?? defaultZone, payload: payload,
                tickArgument: tickArgument, missed: try missed?.missedTicks() ?? .runOnce, isEnabled: isEnabled,
                description: text,
                isActiveJob: isActiveJob)
        } catch let error as ConfigurationError {
            throw error
        } catch let error as CronError {
            let culprit =
                switch error.field {
                case "zone": zone ?? cron
                case "missed": missed ?? place
                case "payload", "name": place
                default: cron
                }
            // The key is named by its place already.
            let isNamed = culprit.key.hasSuffix("." + error.field)
            throw culprit.problem(isNamed ? error.message : error.description)
        } catch {
            throw place.problem("\(error)")
        }
    }
}
