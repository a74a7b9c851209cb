import FlumeWorker

extension PipelineSettings {
    /// The pipeline these settings describe, with what is common to all where they say nothing.
    func makePipeline(concurrency: Int, backOff: BackOffSettings) -> Pipeline {
        var pipeline = Pipeline(name, queues: queues, concurrency: self.concurrency ?? concurrency)
        if let rateLimit {
            pipeline = pipeline.rateLimit(rateLimit.count, per: rateLimit.scale, key: rateLimit.key)
        }
        if let maximumInCluster { pipeline = pipeline.maxInCluster(maximumInCluster) }
        for limit in limits {
            if let place = limit.by {
                pipeline = pipeline.limited(by: limit.limit) { payload in try place.key(of: payload) }
            } else {
                pipeline = pipeline.limited(by: limit.limit)
            }
        }
        if let batch { pipeline = pipeline.batching(batch.rule) }
        if let maximumRetries { pipeline = pipeline.maximumRetries(maximumRetries) }
        if let rule = (self.backOff ?? backOff).rule { pipeline = pipeline.backOff(rule) }
        return pipeline
    }
}
