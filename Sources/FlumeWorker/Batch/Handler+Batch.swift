public import Flume
public import FlumeWire

extension Handler {
    /// Handles typed jobs many at a time, and answers for each of them.
    ///
    /// ```swift
    /// Handler.batch(for: WelcomeEmail.self) { batch in
    ///     let answers = try await mailer.send(batch.jobs)
    ///     return answers.map { $0.isAccepted ? .done : .failed(Rejected($0)) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - type: the job.
    ///   - answers: leave it out. Without it Swift could not tell which form a closure without a `return` means.
    ///   - perform: called with each batch; see ``BatchHandler/perform(_:)`` for what returning and throwing mean.
    /// - Returns: the handler.
    public static func batch<J: Job>(
        for type: J.Type, answers: JobResult.Type = JobResult.self,
        perform: @escaping @Sendable (JobBatch<J>) async throws -> [JobResult]
    ) -> Handler {
        batch(J.jobClass, J.options.retry, decode: { try J(decodingArgumentsOf: $0) }, perform)
    }

    /// Handles typed jobs many at a time; when it returns, all of them are done.
    ///
    /// - Parameters:
    ///   - type: the job.
    ///   - perform: called with each batch. Throwing fails all of its jobs.
    /// - Returns: the handler.
    public static func batch<J: Job>(
        for type: J.Type, perform: @escaping @Sendable (JobBatch<J>) async throws -> Void
    ) -> Handler {
        batch(for: type) { batch -> [JobResult] in
            try await perform(batch)
            return batch.allDone
        }
    }

    /// Handles typed jobs many at a time with a value that has its own dependencies.
    public static func batch<H: BatchHandler>(_ handler: H) -> Handler {
        batch(for: H.Arguments.self) { batch -> [JobResult] in try await handler.perform(batch) }
    }

    /// Handles a class by name, many jobs at a time, leaves reading the payloads to the closure, and answers for each job.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - answers: leave it out. Without it Swift could not tell which form a closure without a `return` means.
    ///   - perform: called with each batch; nothing of the jobs' `args` was looked at. See ``BatchHandler/perform(_:)``
    ///     for what returning and throwing mean.
    /// - Returns: the handler.
    public static func batch(
        _ jobClass: String, answers: JobResult.Type = JobResult.self,
        perform: @escaping @Sendable (JobBatch<JobPayload>) async throws -> [JobResult]
    ) -> Handler {
        batch(jobClass, .default, decode: { $0 }, perform)
    }

    /// Handles a class by name, many jobs at a time; when it returns, all of them are done.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - perform: called with each batch. Throwing fails all of its jobs.
    /// - Returns: the handler.
    public static func batch(
        _ jobClass: String, perform: @escaping @Sendable (JobBatch<JobPayload>) async throws -> Void
    ) -> Handler {
        batch(jobClass) { batch -> [JobResult] in
            try await perform(batch)
            return batch.allDone
        }
    }

    private static func batch<Work: Sendable>(
        _ jobClass: String, _ retry: RetrySetting, decode: @escaping @Sendable (JobPayload) throws -> Work,
        _ perform: @escaping @Sendable (JobBatch<Work>) async throws -> [JobResult]
    ) -> Handler {
        let performBatch: PerformBatch = { contexts in
            var outcomes = [Outcome](repeating: .done, count: contexts.count)
            var items: [JobBatch<Work>.Item] = []
            var positions: [Int] = []
            for (position, context) in contexts.enumerated() {
                do {
                    items.append(.init(job: try decode(context.payload), context: context))
                    positions.append(position)
                } catch {
                    outcomes[position] = .failed(error)
                }
            }
            guard !items.isEmpty else { return outcomes }
            let ends = await results(of: JobBatch(items), jobClass, perform)
            for (position, end) in zip(positions, ends) { outcomes[position] = end }
            return outcomes
        }
        let check: Check = { _ = try decode($0) }
        return Handler(named: jobClass, retry: retry, performBatch: performBatch, check: check) { context in
            for outcome in await performBatch([context]) { try outcome.get() }
        }
    }

    /// How each job of a batch ended; as many as there are jobs, whatever the handler does.
    private static func results<Work: Sendable>(
        of batch: JobBatch<Work>, _ jobClass: String,
        _ perform: @Sendable (JobBatch<Work>) async throws -> [JobResult]
    ) async -> [Outcome] {
        do {
            let results = try await perform(batch)
            guard results.count == batch.count else {
                throw JobResultCountError(jobClass: jobClass, expected: batch.count, found: results.count)
            }
            return results.map { Outcome($0) }
        } catch {
            return batch.map { _ in Outcome(thrown: error) }
        }
    }
}
