public import Flume
public import FlumeWire
public import FlumeWorker

/// Running single handlers.
extension TestJobs {
    /// Runs one handler with one job, as a worker would, and says how it ended.
    ///
    /// ```swift
    /// let run = try await jobs.perform(
    ///     WelcomeEmail(userID: 42, template: "hello"), with: Handler(WelcomeHandler(mailer: full)), as: .init(attempt: 3))
    /// #expect(run.ending == .snoozed(for: .seconds(60)))
    /// ```
    ///
    /// The job was not enqueued before, and is nowhere afterwards: that is the run's to say. What the handler enqueues is
    /// enqueued. Cancelling the calling task cancels the handler's, as a shutdown does.
    ///
    /// - Parameters:
    ///   - job: the job; its arguments are encoded and decoded on the way.
    ///   - handler: the handler; by default the one there is for the class.
    ///   - attempt: what else the handler gets to know.
    /// - Returns: how it ended.
    /// - Throws: when the job cannot be encoded.
    public func perform<J: Job>(
        _ job: J, with handler: Handler? = nil, as attempt: TestAttempt = .init()
    ) async throws -> JobRun {
        await perform(try client.makePayload(job, J.options), with: handler, as: attempt)
    }

    /// Runs one handler with one raw payload; see ``perform(_:with:as:)``.
    ///
    /// - Parameters:
    ///   - payload: the job, for classes that have no Swift type.
    ///   - handler: the handler; by default the one there is for the class.
    ///   - attempt: what else the handler gets to know.
    /// - Returns: how it ended.
    public func perform(
        _ payload: JobPayload, with handler: Handler? = nil, as attempt: TestAttempt = .init()
    ) async -> JobRun {
        let job = makeJob(payload, attempt)
        let (runner, pipeline) = (runner(for: handler), store.pipeline(of: job.queue))
        return await run(isCancelled: attempt.isCancelled) { [store] in
            store.makeRun(of: job, await runner.run(job.payload.bytes, from: job.queue, in: pipeline))
        }
    }

    /// Runs one batch handler with several jobs together, as a pipeline with batching would.
    ///
    /// ```swift
    /// let runs = try await jobs.perform(batch: [first, second], with: .batch(MailHandler(mailer)))
    /// #expect(runs.map(\.ending) == [.done, .retried(after: .seconds(15))])
    /// ```
    ///
    /// - Parameters:
    ///   - batch: the jobs; see ``perform(_:with:as:)``.
    ///   - handler: the handler; by default the one there is for the class. One that takes no batches runs one by one.
    ///   - attempt: what else the handler gets to know; with a `jid` all jobs have the same.
    /// - Returns: how each ended, in the order of the batch.
    /// - Throws: when a job cannot be encoded.
    public func perform<J: Job>(
        batch: [J], with handler: Handler? = nil, as attempt: TestAttempt = .init()
    ) async throws -> [JobRun] {
        let members = try batch.map { makeJob(try client.makePayload($0, J.options), attempt) }
        guard let first = members.first else { return [] }
        let (runner, pipeline) = (runner(for: handler), store.pipeline(of: first.queue))
        return await run(isCancelled: attempt.isCancelled) { [store] in
            let reports = await runner.run(batch: members.map(\.payload), from: first.queue, in: pipeline)
            return zip(members, reports).map { store.makeRun(of: $0, $1) }
        }
    }

    private func runner(for handler: Handler?) -> JobRunner {
        store.runner(handler.map { HandlerRegistry([$0]) })
    }

    private func makeJob(_ payload: JobPayload, _ attempt: TestAttempt) -> EnqueuedJob {
        let payload = attempt.applied(to: payload, now: clock.now)
        return EnqueuedJob(payload: payload, queue: payload.queue ?? "default", at: nil, enqueuedAt: clock.now)
    }

    private func run<Result: Sendable>(
        isCancelled: Bool, _ body: @escaping @Sendable () async -> Result
    ) async -> Result {
        guard isCancelled else { return await body() }
        return await Task {
            // `unsafe`: the handle is not kept.
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await body()
        }.value
    }
}
