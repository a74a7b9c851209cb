public import FlumeRedis
public import FlumeWorker

/// Everything that can be set, as one value: set it in code, read it from files and the environment, or all of these.
///
/// Whatever is read later wins over what was there before:
///
/// ```swift
/// var settings = FlumeSettings()
/// settings.worker.tag = "mailer"                        // in code
/// try settings.read(file: "config/flume.yml")           // or read(sidekiqFile: "config/sidekiq.yml")
/// try settings.readEnvironment()                        // REDIS_URL, FLUME_CONCURRENCY, …
/// for note in settings.notes { logger.notice("\(note)") }
///
/// let redis = RedisClient(settings.redis, logger: logger)
/// let worker = Worker(
///     redis: redis, handlers: handlers, pipelines: try settings.makePipelines(), configuration: settings.worker,
///     logger: logger)
/// ```
public struct FlumeSettings: Sendable {
    /// Sidekiq's concurrency since 7.0.
    public static let defaultConcurrency = 5

    /// More jobs at a time than this is a slip of the fingers.
    static let greatestConcurrency = 100_000

    /// Where Redis is.
    public var redis: RedisConfiguration
    /// How the worker works; the namespace is in here too.
    public var worker: WorkerConfiguration
    /// Where health checks are answered, if anywhere.
    public var health = HealthSettings()
    /// The pipelines; none means one named `default` for the queue `default`.
    public var pipelines: [PipelineSettings]
    /// The concurrency of pipelines that have none of their own; nil for ``defaultConcurrency``.
    public var concurrency: Int?
    /// The back-off of pipelines that have none of their own.
    public var backOff: BackOffSettings
    /// What was read and has no effect here, for the log.
    public var notes: [ConfigurationRemark] = []

    /// Makes settings; without arguments those of a Redis on this machine and Sidekiq's defaults.
    ///
    /// - Parameters:
    ///   - redis: where Redis is.
    ///   - worker: how the worker works.
    ///   - pipelines: the pipelines.
    ///   - concurrency: that of pipelines which have none of their own.
    ///   - backOff: that of pipelines which have none of their own.
    public init(
        redis: RedisConfiguration = .init(), worker: WorkerConfiguration = .init(),
        pipelines: [PipelineSettings] = [], concurrency: Int? = nil, backOff: BackOffSettings = .standard
    ) {
        self.redis = redis
        self.worker = worker
        self.pipelines = pipelines
        self.concurrency = concurrency
        self.backOff = backOff
    }

    /// Makes the pipelines of a worker.
    ///
    /// - Throws: ``ConfigurationError`` when a value set in code makes no sense: a count of 0, an empty name.
    public func makePipelines() throws(ConfigurationError) -> [Pipeline] {
        try check()
        let all = pipelines.isEmpty ? [PipelineSettings("default", queues: [.init("default")])] : pipelines
        return all.map {
            $0.makePipeline(concurrency: concurrency ?? Self.defaultConcurrency, backOff: backOff)
        }
    }

    /// Checks what the readers cannot have refused already, because it was set in code.
    func check() throws(ConfigurationError) {
        var problems: [ConfigurationRemark] = []
        if let concurrency, !(1...Self.greatestConcurrency).contains(concurrency) {
            let message = "\(concurrency) is not from 1 to \(Self.greatestConcurrency)"
            problems.append(.init(source: "code", key: "concurrency", message: message))
        }
        if let problem = backOff.problem {
            problems.append(.init(source: "code", key: "backOff", message: problem))
        }
        var names: Set<String> = []
        for pipeline in pipelines {
            let key = "pipeline \"\(pipeline.name)\""
            if !names.insert(pipeline.name).inserted {
                problems.append(.init(source: "code", key: key, message: "there is another one of this name"))
            }
            for problem in pipeline.problems() {
                let place = problem.key.isEmpty ? key : "\(key) \(problem.key)"
                problems.append(.init(source: "code", key: place, message: problem.message))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }
}
