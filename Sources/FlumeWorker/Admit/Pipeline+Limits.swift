import FlumeStore

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

    /// What is wrong with its limits, each by itself and together; `nil` when they can be used.
    var limitProblem: String? {
        if let problem = keyedLimits.lazy.compactMap(\.problem).first ?? limits.lazy.compactMap(\.problem).first {
            return problem
        }
        if let size = batchRule?.size,
            let small = limits.first(where: { $0.numbers.kind != .slots && $0.numbers.together < size })
        {
            return "batches of \(size), of which a limit lets \(small.numbers.together) start together: make the batch "
                + "smaller, or the limit's count (for a token bucket: its burst) larger"
        }
        var names: Set<String> = []
        for (limit, id) in keyedLimits.map({ ($0.limit, $0.name(in: name)) })
            + limits.map({ ($0, $0.name(in: name)) })
        {
            guard names.insert("\(limit.isLocal) \(id)").inserted else {
                return "two limits under the key \(limit.key ?? name): give each a key of its own"
            }
        }
        return nil
    }
}
