import FlumeWorker

extension PipelineSettings {
    /// The pipeline these settings describe, with what is common to all where they say nothing.
    func makePipeline(concurrency: Int, backOff: BackOffSettings) -> Pipeline {
        var pipeline = Pipeline(name, queues: queues, concurrency: self.concurrency ?? concurrency)
        if let rateLimit {
            pipeline = pipeline.rateLimit(rateLimit.count, per: rateLimit.scale, key: rateLimit.key)
        }
        if let maximumInCluster { pipeline = pipeline.maxInCluster(maximumInCluster) }
        if let batch { pipeline = pipeline.batching(size: batch.size, timeout: batch.timeout) }
        if let maximumRetries { pipeline = pipeline.maximumRetries(maximumRetries) }
        if let rule = (self.backOff ?? backOff).rule { pipeline = pipeline.backOff(rule) }
        return pipeline
    }
}

extension BackOffSettings {
    /// `nil` for Sidekiq's formula, which a pipeline has anyway.
    fileprivate var rule: BackOff? {
        switch self {
        case .standard: nil
        case .exponential(let initial, let maximum): .exponential(initial: initial, maximum: maximum)
        case .fixed(let delay): .fixed(delay)
        }
    }
}
