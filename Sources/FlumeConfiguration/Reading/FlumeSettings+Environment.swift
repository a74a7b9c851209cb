import FlumeRedis
import FlumeWorker

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension FlumeSettings {
    /// Reads the environment over what is set already.
    ///
    /// `REDIS_PROVIDER`, `REDIS_URL` and `REDIS_URL_FILE` say where Redis is, the first two as for Sidekiq; `RAILS_MAX_THREADS` is the
    /// concurrency where nothing else says one. Every key of a YAML file has a variable: `shutdown_timeout` is
    /// `FLUME_SHUTDOWN_TIMEOUT`, `redis.tls.ca` is `FLUME_REDIS_TLS_CA`. `FLUME_QUEUES` (`critical:3,default:1`) are the
    /// queues of the pipeline `default`; `FLUME_PIPELINES` are all pipelines, in the form of ``PipelineSettings/init(_:)``
    /// with semicolons between them. A variable that is empty counts as not set.
    ///
    /// - Parameter variables: the environment; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong. Nothing is changed then.
    public mutating func readEnvironment(_ variables: [String: String]? = nil) throws(ConfigurationError) {
        let variables = (variables ?? ProcessInfo.processInfo.environment).filter { !$0.value.isEmpty }
        var problems = Problems()
        var settings = self
        let names = ["REDIS_PROVIDER", "REDIS_URL", "REDIS_URL_FILE"]
        if let name = names.first(where: { variables[$0] != nil }) {
            do {
                settings.redis.use(try RedisConfiguration.environment(variables))
            } catch {
                problems.add(Source(variable: name, "").problem(error.message))
            }
        }
        var known: Set<String> = ["FLUME_QUEUES", "FLUME_PIPELINES"]
        for key in SettingKey.all {
            known.insert(key.variable)
            guard let text = variables[key.variable] else { continue }
            do {
                try key.apply(Source(variable: key.variable, text), &settings)
            } catch {
                problems.add(error)
            }
        }
        do {
            try settings.readPipelines(variables)
            try settings.readRailsThreads(variables)
        } catch {
            problems.add(error)
        }
        for (name, _) in variables.sorted(by: { $0.key < $1.key }) where name.hasPrefix("FLUME_") {
            guard !known.contains(name) else { continue }
            let place = Source(variable: name, "")
            let names = known.sorted().map { $0.dropFirst("FLUME_".count) }
            if let nearest = NearestName.of(String(name.dropFirst("FLUME_".count)), in: names.map(String.init)) {
                problems.add(place.problem("there is no such variable; did you mean FLUME_\(nearest)?"))
            } else {
                settings.notes.append(place.remark("Flume has no such variable"))
            }
        }
        try problems.check()
        self = settings
    }

    private mutating func readPipelines(_ variables: [String: String]) throws(ConfigurationError) {
        if let text = variables["FLUME_PIPELINES"] {
            var read: [PipelineSettings] = []
            for part in text.split(separator: ";") where !part.trimmed.isEmpty {
                let place = Source(variable: "FLUME_PIPELINES", String(part))
                let pipeline = try PipelineSettings(line: place, backOff: backOff)
                if read.contains(where: { $0.name == pipeline.name }) {
                    throw place.problem("there is another pipeline named \(pipeline.name)")
                }
                read.append(pipeline)
            }
            pipelines = read
        }
        if let text = variables["FLUME_QUEUES"] {
            let queues = try QueueList(Source(variable: "FLUME_QUEUES", text)).queues
            if let index = pipelines.firstIndex(where: { $0.name == "default" }) {
                pipelines[index].queues = queues
            } else {
                pipelines.insert(PipelineSettings("default", queues: queues), at: 0)
            }
        }
    }

    /// Sidekiq's default concurrency in a Rails app.
    mutating func readRailsThreads(_ variables: [String: String]) throws(ConfigurationError) {
        guard concurrency == nil, let text = variables["RAILS_MAX_THREADS"], !text.isEmpty else { return }
        concurrency = try Source(variable: "RAILS_MAX_THREADS", text).concurrency()
    }
}

extension Source {
    /// An environment variable.
    init(variable: String, _ text: String) {
        self.init(origin: "environment", line: nil, key: variable, content: .scalar(text.trimmed, isQuoted: false))
    }
}
