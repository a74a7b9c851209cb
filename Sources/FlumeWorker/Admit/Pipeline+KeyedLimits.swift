public import FlumeWire

extension Pipeline {
    /// Says which key of a limit a job belongs to, such as a tenant from its arguments.
    ///
    /// `nil` for a job that the limit is not for. Called on an event loop, once for each job that is fetched: it must
    /// neither wait nor take long. A job it throws for fails with that error, as if its handler had thrown it.
    public typealias KeyOfJob = @Sendable (JobPayload) throws -> String?

    /// Lets at most `count` jobs of each key start in any length of time of `scale`, in all processes together.
    ///
    /// A key without room holds up no other: its jobs wait in Redis, in the order they came, and use no retry.
    ///
    /// - Parameters:
    ///   - count: how many; at least 1.
    ///   - scale: the length of the window.
    ///   - key: the name of the limit; by default one of the pipeline's own.
    ///   - each: the key of a job.
    /// - Returns: the pipeline with the limit.
    public func rateLimit(
        _ count: Int, per scale: Duration, key: String? = nil, by each: @escaping KeyOfJob
    ) -> Pipeline {
        limited(by: .slidingWindow(count, per: scale, key: key), each)
    }

    /// Lets at most `count` jobs of each key run at a time, in all processes together.
    ///
    /// - Parameters:
    ///   - count: how many; at least 1.
    ///   - key: the name of the limit; by default one of the pipeline's own.
    ///   - each: the key of a job.
    /// - Returns: the pipeline with the limit.
    public func maxInCluster(_ count: Int, key: String? = nil, by each: @escaping KeyOfJob) -> Pipeline {
        limited(by: .concurrency(count, key: key), each)
    }

    /// Adds a limit that holds for each key by itself.
    ///
    /// A job starts when each of its limits has room, those by key and the others.
    public func limited(by limit: RateLimit, _ each: @escaping KeyOfJob) -> Pipeline {
        var pipeline = self
        pipeline.keyedLimits.append(KeyedRateLimit(limit: limit, keyOfJob: each))
        return pipeline
    }
}

/// A limit for each key by itself, and how to tell the key of a job.
struct KeyedRateLimit: Sendable {
    let limit: RateLimit
    let keyOfJob: Pipeline.KeyOfJob

    func name(in pipeline: String) -> String {
        limit.key == nil ? limit.name(in: pipeline) + ":each" : limit.name(in: pipeline)
    }

    var problem: String? {
        if let problem = limit.problem { return problem }
        return limit.isLocal ? "a limit by key for this process alone: its jobs have to wait in Redis" : nil
    }
}
