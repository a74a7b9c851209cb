public import FlumeActiveJob
public import FlumeWire
public import FlumeWorker

/// Jobs of ActiveJob classes: what was enqueued, and running single handlers.
extension TestJobs {
    /// What was enqueued of an ActiveJob class since the beginning or ``clear()``, in order.
    ///
    /// ```swift
    /// #expect(jobs.enqueued(activeJob: "ReportJob", args: [7, .symbol("pdf")], in: "reports").count == 1)
    /// #expect(jobs.enqueued(activeJob: "ReportJob", args: [.hash(.keywords(["format": "pdf"]))]).isEmpty)
    /// ```
    ///
    /// - Parameters:
    ///   - jobClass: only jobs of this Ruby class.
    ///   - args: only jobs with exactly these arguments, keyword arguments last.
    ///   - queue: only jobs for this queue.
    ///   - coding: with which serializers of the application's own; one whose arguments it cannot read is not among
    ///     those with `args`.
    /// - Returns: the jobs as they were enqueued.
    public func enqueued(
        activeJob jobClass: String, args: [ActiveJobValue]? = nil, in queue: String? = nil,
        coding: ActiveJobCoding = ActiveJobCoding()
    ) -> [EnqueuedJob] {
        enqueued(jobClass, in: queue).filter { job in
            guard let envelope = job.activeJob else { return false }
            guard let args else { return true }
            return (try? envelope.arguments(coding: coding).values) == args
        }
    }

    /// What was enqueued of an ActiveJob type since the beginning or ``clear()``, in order, whether or not it has run
    /// since.
    ///
    /// ```swift
    /// #expect(try jobs.enqueued(ReportJob.self, in: "reports").map(\.format) == ["pdf"])
    /// ```
    ///
    /// - Parameters:
    ///   - type: only jobs of its class.
    ///   - queue: only jobs for this queue.
    /// - Returns: the jobs, decoded as a handler would get them.
    /// - Throws: when the arguments of one do not fit the type.
    public func enqueued<J: ActiveJob>(_ type: J.Type, in queue: String? = nil) throws -> [J] {
        try enqueued(J.jobClass, in: queue).map { try $0.decoded() }
    }

    /// Runs one handler with one ActiveJob job, as a worker would, and says how it ended.
    ///
    /// The attempt that `retryOn` enqueues is the ``JobRun/written`` of one that ended ``JobEnding/snoozed(for:)``.
    ///
    /// - Parameters:
    ///   - job: the job; its arguments are encoded and decoded on the way.
    ///   - handler: the handler; by default the one there is for the class.
    ///   - attempt: what else the handler gets to know; its count is that of Sidekiq's own attempts.
    /// - Returns: how it ended.
    /// - Throws: when the job cannot be encoded.
    public func perform<J: ActiveJob>(
        _ job: J, with handler: Handler? = nil, as attempt: TestAttempt = .init()
    ) async throws -> JobRun {
        let payload = try J.options.makePayload(job, now: clock.now, due: nil)
        return await perform(payload, with: handler, as: attempt)
    }
}
