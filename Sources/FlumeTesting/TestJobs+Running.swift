import FlumeWire

/// Running what was enqueued.
extension TestJobs {
    /// Runs jobs, those that they enqueue included, until there is none left.
    ///
    /// They run one after the other, the first enqueued first. By default a job that fails is retried as in a worker,
    /// without waiting: the clock moves on to its retry, and what else is due by then runs too.
    ///
    /// - Parameters:
    ///   - scope: which jobs.
    ///   - limit: the number of runs after which it gives up.
    /// - Returns: what was run; failures that a retry has made good are only there.
    /// - Throws: ``DrainError`` when a job has died, after all others have run, or when there is no end. Its report says
    ///   what was run.
    @discardableResult
    public func drain(_ scope: DrainScope = .retries, limit: Int = 10_000) async throws(DrainError) -> DrainReport {
        try await store.drain(to: .scope(scope), limit: limit)
    }

    /// Moves the clock on, and runs what is due on the way, each job at its time.
    ///
    /// What waits in queues runs first.
    ///
    /// - Parameters:
    ///   - span: how far, at most to the end of the year 9999.
    ///   - limit: the number of runs after which it gives up.
    /// - Returns: what was run.
    /// - Throws: as ``drain(_:limit:)``.
    @discardableResult
    public func advance(by span: Duration, limit: Int = 10_000) async throws(DrainError) -> DrainReport {
        let target = clock.now.advanced(by: span)
        defer { clock.advance(to: target) }
        return try await store.drain(to: .moment(target), limit: limit)
    }

    /// Runs the next job that is in a queue or due.
    ///
    /// - Returns: how it ended; `nil` if there is none.
    @discardableResult
    public func performNext() async -> JobRun? {
        guard let job = store.takeNext(.scope(.due)) else { return nil }
        return await store.run(job)
    }
}
