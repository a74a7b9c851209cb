public import FlumeWorker

/// A pipeline as a file or the environment describes it: values only.
public struct PipelineSettings: Sendable, Hashable {
    /// The name, shown in the Web UI.
    public var name: String
    /// The queues in order, with weights.
    public var queues: [Pipeline.Queue]
    /// How many jobs run at a time; nil for ``FlumeSettings/concurrency``.
    ///
    /// Elixir Flume's `max_demand`.
    public var concurrency: Int?
    /// How many jobs may start in how long; nil for no limit.
    public var rateLimit: RateLimitSettings?
    /// Further limits; each must have room.
    public var limits: [LimitSettings]
    /// How jobs are put together for one call; nil for one at a time.
    public var batch: BatchSettings?
    /// How many jobs run at a time in all processes together; nil for no limit.
    public var maximumInCluster: Int?
    /// Retries of a job whose `retry` is `true`; nil for the worker's.
    public var maximumRetries: Int?
    /// How long failed jobs wait; nil for ``FlumeSettings/backOff``.
    public var backOff: BackOffSettings?

    /// Makes the settings of a pipeline.
    ///
    /// - Parameters:
    ///   - name: shown in the Web UI.
    ///   - queues: in order.
    ///   - concurrency: how many jobs run at a time.
    ///   - rateLimit: how many jobs may start in how long.
    ///   - limits: further limits, of any kind.
    ///   - batch: how jobs are put together for one call.
    ///   - maximumInCluster: how many jobs run at a time in all processes together.
    ///   - maximumRetries: retries of a job whose `retry` is `true`.
    ///   - backOff: how long failed jobs wait.
    public init(
        _ name: String, queues: [Pipeline.Queue], concurrency: Int? = nil, rateLimit: RateLimitSettings? = nil,
        limits: [LimitSettings] = [], batch: BatchSettings? = nil, maximumInCluster: Int? = nil,
        maximumRetries: Int? = nil, backOff: BackOffSettings? = nil
    ) {
        self.name = name
        self.queues = queues
        self.concurrency = concurrency
        self.rateLimit = rateLimit
        self.limits = limits
        self.batch = batch
        self.maximumInCluster = maximumInCluster
        self.maximumRetries = maximumRetries
        self.backOff = backOff
    }

    /// What is wrong with these values, whoever set them.
    func problems() -> [(key: String, message: String)] {
        var problems: [(key: String, message: String)] = []
        func require(_ isRight: Bool, _ key: String, _ message: String) {
            if !isRight { problems.append((key, message)) }
        }
        require(!name.isEmpty, "name", "it is empty; the name is shown in the Web UI and used to pause the pipeline")
        require(!queues.isEmpty, "queues", "there is none; a pipeline needs at least one queue")
        require(queues.allSatisfy { !$0.name.isEmpty }, "queues", "the name of a queue is empty")
        if let concurrency {
            let greatest = FlumeSettings.greatestConcurrency
            require((1...greatest).contains(concurrency), "concurrency", "\(concurrency) is not from 1 to \(greatest)")
        }
        if let maximumInCluster {
            require(maximumInCluster >= 1, "maximumInCluster", "\(maximumInCluster) is less than 1")
        }
        if let maximumRetries { require(maximumRetries >= 0, "maximumRetries", "\(maximumRetries) is less than 0") }
        if let rateLimit {
            require(rateLimit.count >= 1, "rateLimit.count", "\(rateLimit.count) is less than 1")
            require(rateLimit.scale >= .milliseconds(1), "rateLimit.scale", "\(rateLimit.scale) is less than 1ms")
            require(rateLimit.key != "", "rateLimit.key", "it is empty; leave it out for the pipeline's name")
        }
        if let batch {
            require(batch.size >= 1, "batch.size", "\(batch.size) is less than 1")
            require(batch.timeout >= .milliseconds(1), "batch.timeout", "\(batch.timeout) is less than 1ms")
        }
        if let problem = backOff?.problem { problems.append(("backOff", problem)) }
        guard problems.isEmpty else { return problems }
        do throws(PipelineError) {
            try makePipeline(concurrency: 1, backOff: .standard).validate()
        } catch {
            problems.append(("", error.problem))
        }
        return problems
    }
}
