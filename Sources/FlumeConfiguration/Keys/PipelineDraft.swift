import FlumeWorker

/// A pipeline while its keys are read: some make sense only together.
struct PipelineDraft {
    var settings = PipelineSettings("", queues: [])
    var rateLimitCount: Source?
    var rateLimitScale: Source?
    var rateLimitKey: Source?
    var batchSize: Source?
    var batchTimeout: Source?
    var batchBy: Source?
    var backOff = BackOffDraft()

    /// Puts the parts together; the defaults are of a back-off that is given in part.
    func finished(at place: Source, backOff defaults: BackOffSettings) throws(ConfigurationError) -> PipelineSettings {
        var settings = settings
        guard !settings.name.isEmpty else { throw place.problem("a pipeline needs a name") }
        guard !settings.queues.isEmpty else {
            throw place.problem("the pipeline \(settings.name) needs a queue, or queues")
        }
        settings.rateLimit = try rateLimit()
        settings.batch = try batch()
        if !backOff.isEmpty { settings.backOff = try backOff.settings(over: defaults) }
        do throws(PipelineError) {
            try settings.makePipeline(concurrency: 1, backOff: defaults).validate()
        } catch {
            throw place.problem(error.problem)
        }
        return settings
    }

    private func rateLimit() throws(ConfigurationError) -> RateLimitSettings? {
        guard let rateLimitCount else {
            if let other = rateLimitScale ?? rateLimitKey {
                throw other.problem("it says nothing without rate_limit_count")
            }
            return nil
        }
        guard let rateLimitScale else {
            throw rateLimitCount.problem("it says nothing without rate_limit_scale, such as 1s")
        }
        return RateLimitSettings(
            count: try rateLimitCount.integer(), per: try rateLimitScale.limitScale(),
            key: try rateLimitKey?.text())
    }

    private func batch() throws(ConfigurationError) -> BatchSettings? {
        guard let batchSize else {
            if let part = batchTimeout ?? batchBy { throw part.problem("it says nothing without batch_size") }
            return nil
        }
        var batch = BatchSettings(size: try batchSize.integer(), by: try batchBy?.argumentPath())
        if let batchTimeout { batch.timeout = try batchTimeout.duration() }
        return batch
    }
}
