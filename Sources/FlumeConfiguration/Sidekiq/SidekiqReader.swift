import FlumeWorker

/// Reads config/sidekiq.yml by Sidekiq's own rules.
struct SidekiqReader {
    /// Whose section is laid over the rest.
    let environment: String
    /// Keys that the app itself put there.
    let ignoring: Set<String>
    private var problems = Problems()

    init(environment: String, ignoring: Set<String>) {
        self.environment = environment
        self.ignoring = ignoring
    }

    /// The settings with those of the file in place.
    mutating func settings(from root: Source, over settings: FlumeSettings) throws(ConfigurationError) -> FlumeSettings
    {
        var settings = settings
        let entries = merged(try root.entries(), &settings)
        var queues: Source?
        var capsules: Source?
        for (name, entry) in entries {
            // A key without a value is one that was not set: `:tag: <%= ENV["TAG"] %>`.
            if case .nothing = entry.value.content { continue }
            switch name {
            case "queues": queues = entry.value
            case "capsules": capsules = entry.value
            default:
                do {
                    try apply(name, entry, &settings)
                } catch {
                    problems.add(error)
                }
            }
        }
        do {
            settings.pipelines = [try pipeline("default", queues, &settings)]
            if let capsules { try add(capsules, &settings) }
        } catch {
            problems.add(error)
        }
        try problems.check()
        return settings
    }

    /// The top level with the section of the environment over it, key by key.
    private func merged(
        _ entries: [Source.Entry], _ settings: inout FlumeSettings
    ) -> [(name: String, entry: Source.Entry)] {
        var merged: [(name: String, entry: Source.Entry)] = []
        var section: [Source.Entry] = []
        for entry in entries {
            let name = entry.key.withoutColon
            if name == environment, case .mapping(let entries) = entry.value.content {
                section = entries
            } else if name != environment || !entry.value.isNothing {
                merged.append((name, entry))
            }
        }
        for entry in section {
            let name = entry.key.withoutColon
            merged.removeAll { $0.name == name }
            merged.append((name, entry))
        }
        return merged
    }

    private func apply(
        _ name: String, _ entry: Source.Entry, _ settings: inout FlumeSettings
    ) throws(ConfigurationError) {
        let value = entry.value
        switch name {
        case "concurrency": settings.concurrency = try value.concurrency()
        case "timeout": settings.worker.shutdownTimeout = try value.duration(plain: .seconds)
        case "max_retries": settings.worker.maximumRetries = try value.integer(in: 0...Int.max)
        case "tag": settings.worker.tag = try value.text(isEmptyAllowed: true)
        case "labels": settings.worker.labels = try value.texts()
        case "dead_max_jobs": settings.worker.deadSetMaximumJobs = try value.integer(in: 0...Int.max)
        case "dead_timeout_in_seconds":
            settings.worker.deadSetTimeout = try value.duration(plain: .seconds, atLeast: .seconds(1))
        case "average_scheduled_poll_interval":
            settings.worker.pollInterval = try value.duration(plain: .seconds)
        default:
            if let note = SidekiqKeys.withoutEffect[name] {
                settings.notes.append(value.remark("no effect: \(note)"))
            } else if !ignoring.contains(name) {
                try refuse(name, entry, &settings)
            }
        }
    }

    /// A key that nobody knows: a section of another environment, a slip, or the app's own.
    private func refuse(
        _ name: String, _ entry: Source.Entry, _ settings: inout FlumeSettings
    ) throws(ConfigurationError) {
        var place = entry.value
        place.line = entry.line
        let nearest = NearestName.of(name, in: SidekiqKeys.all)
        if case .mapping = entry.value.content, nearest == nil || Self.environments.contains(name) {
            settings.notes.append(place.remark("not read: the environment is \(environment)"))
        } else if let nearest {
            throw place.problem("there is no such key; did you mean \(nearest)?")
        } else {
            throw place.problem(
                "there is no such key; if the app itself reads it, pass ignoring: [\"\(name)\"]; there are "
                    + SidekiqKeys.read.joined(separator: ", "))
        }
    }

    private static let environments: Set<String> = ["development", "test", "staging", "production"]

    private func add(_ capsules: Source, _ settings: inout FlumeSettings) throws(ConfigurationError) {
        for capsule in try capsules.entries() {
            let name = capsule.key.withoutColon
            var concurrency: Int?
            var queues: Source?
            for entry in try capsule.value.entries() where !entry.value.isNothing {
                switch entry.key.withoutColon {
                case "concurrency": concurrency = try entry.value.concurrency()
                case "queues": queues = entry.value
                default: throw SettingsReader.unknown(entry.value, entry, names: ["concurrency", "queues"])
                }
            }
            guard queues != nil || name == "default" else {
                var place = capsule.value
                place.line = capsule.line
                throw place.problem("the capsule has no queues")
            }
            var pipeline = try pipeline(name, queues, &settings)
            pipeline.concurrency = concurrency
            settings.pipelines.removeAll { $0.name == name }
            settings.pipelines.append(pipeline)
        }
    }

    private func pipeline(
        _ name: String, _ queues: Source?, _ settings: inout FlumeSettings
    ) throws(ConfigurationError) -> PipelineSettings {
        guard let queues, !queues.isNothing else { return PipelineSettings(name, queues: [.init("default")]) }
        let list = try QueueList(queues, isRubyWay: true)
        for name in list.repeated {
            settings.notes.append(
                queues.remark("the queue \(name) is there twice and counts once, with its last weight"))
        }
        return PipelineSettings(name, queues: list.queues)
    }
}
