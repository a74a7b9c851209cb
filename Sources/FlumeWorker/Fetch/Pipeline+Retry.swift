/// What a pipeline says of retries, where nothing nearer to the job does.
struct RetryRule: Sendable {
    var backOff: BackOff?
    var maximumRetries: Int?
}

/// The retry rule of a pipeline.
///
/// How often a job is retried: the number in its payload's `retry`, else that of its class's options if the payload has no
/// `retry`; where that says `true`, the pipeline's, else the worker's `maximumRetries`. How long it waits: what its handler
/// threw, else the handler's back-off, else the pipeline's, else Sidekiq's formula.
extension Pipeline {
    /// How long a failed job of this pipeline waits before its retry.
    ///
    /// A handler with a back-off of its own keeps it.
    public func backOff(_ backOff: BackOff) -> Pipeline {
        var pipeline = self
        pipeline.retryRule.backOff = backOff
        return pipeline
    }

    /// Retries of a job of this pipeline whose `retry` is `true`, in place of the worker's `maximumRetries`.
    ///
    /// With 0 such a job is dead at its first failure; a negative number is refused by ``validate()``.
    public func maximumRetries(_ count: Int) -> Pipeline {
        var pipeline = self
        pipeline.retryRule.maximumRetries = count
        return pipeline
    }
}
