import FlumeWire

extension Pipeline {
    /// Lets at most `count` jobs start in any length of time of `scale`, in all processes together.
    ///
    /// A job over the limit stays in its queue and uses no retry. Several limits may apply; each must have room.
    ///
    /// - Parameters:
    ///   - count: how many; at least 1.
    ///   - scale: the length of the window.
    ///   - key: pipelines and processes with the same key share the limit; by default the pipeline's name.
    /// - Returns: the pipeline with the limit.
    public func rateLimit(_ count: Int, per scale: Duration, key: String? = nil) -> Pipeline {
        limited(by: .slidingWindow(count, per: scale, key: key))
    }

    /// Lets at most `count` of its jobs run at a time, in all processes together.
    ///
    /// - Parameters:
    ///   - count: how many; at least 1.
    ///   - key: pipelines and processes with the same key share the slots; by default the pipeline's name.
    /// - Returns: the pipeline with the limit.
    public func maxInCluster(_ count: Int, key: String? = nil) -> Pipeline {
        limited(by: .concurrency(count, key: key))
    }

    /// Adds a limit.
    public func limited(by limit: RateLimit) -> Pipeline {
        var pipeline = self
        pipeline.limits.append(limit)
        return pipeline
    }

    /// Checks what the compiler cannot.
    ///
    /// ``Worker/run()`` does it for every pipeline before it starts anything.
    ///
    /// - Throws: ``PipelineError`` with the pipeline's name and what is wrong.
    public func validate() throws(PipelineError) {
        if let queue = queues.first(where: { KeySpace.isExqBackup(queue: $0.name.utf8) }) {
            throw PipelineError(name, "the queue \(queue.name) is where Exq keeps the jobs that a node has in flight")
        }
        if let batchingProblem { throw PipelineError(name, batchingProblem) }
        for keyed in keyedLimits {
            if let problem = keyed.problem { throw PipelineError(name, problem) }
        }
        for limit in limits {
            if let problem = limit.problem { throw PipelineError(name, problem) }
        }
        var names: Set<String> = []
        for (limit, id) in keyedLimits.map({ ($0.limit, $0.name(in: name)) })
            + limits.map({ ($0, $0.name(in: name)) })
        {
            guard names.insert("\(limit.isLocal) \(id)").inserted else {
                throw PipelineError(name, "two limits under the key \(limit.key ?? name): give each a key of its own")
            }
        }
    }
}
