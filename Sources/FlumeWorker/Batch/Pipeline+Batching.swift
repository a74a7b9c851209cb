extension Pipeline {
    /// Hands jobs to batch handlers many at a time.
    ///
    /// ```swift
    /// Pipeline("ses", queue: "mailers", concurrency: 20)
    ///     .batching(size: 10, timeout: .seconds(1))
    /// ```
    ///
    /// Jobs are grouped by class. A group runs when it has `size` jobs, or `timeout` after its first job was fetched.
    /// The concurrency is then how many batches run at a time, and the pipeline holds at most `size` × (concurrency + 1)
    /// jobs. When it holds that many, no group is complete and nothing runs, the largest group does not wait any longer.
    /// So it is when nothing runs and jobs are left in the queue for want of a slot of a concurrency limit, of which each
    /// job of a batch holds one: such a limit should be at least `size`. When the worker becomes quiet, all that is held
    /// runs at once. Jobs whose class has no batch handler run one by one, without waiting.
    ///
    /// The jobs of a batch start together and count as that many starts: those that have waited so long that their leave
    /// of a rate has run out ask again, all in one step. Where a rate was made smaller meanwhile, or one key of a limit by
    /// key lets fewer start, the batch is divided.
    ///
    /// A size below 1, or above the count (or burst) of a rate of the pipeline, and a timeout that is not positive make
    /// ``Worker/run()`` throw a ``PipelineError``.
    ///
    /// - Parameters:
    ///   - size: how many jobs a batch has at most.
    ///   - timeout: how long the first job of a batch waits for others.
    ///   - key: tells which jobs of a class belong together; all of them if `nil`. What it throws fails that job alone.
    /// - Returns: the pipeline with the rule.
    public func batching(size: Int, timeout: Duration, by key: BatchRule.Key? = nil) -> Pipeline {
        batching(BatchRule(size: size, timeout: timeout, key: key))
    }

    /// Hands jobs to batch handlers many at a time, by a rule; see ``batching(size:timeout:by:)``.
    public func batching(_ rule: BatchRule) -> Pipeline {
        var pipeline = self
        pipeline.batchRule = rule
        return pipeline
    }

    /// What is wrong with its batching, in plain words.
    var batchingProblem: String? { batchRule?.problem }

    /// How many jobs it may have fetched and not finished, with such a concurrency.
    func room(concurrency: Int) -> Int { batchRule?.room(concurrency: concurrency) ?? concurrency }
}
