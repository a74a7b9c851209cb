import FlumeStore
import Logging
import NIOCore

/// A batch between fetch and settle: one call of the handler, and an end of its own for each job.
extension Processor {
    /// Runs a batch.
    ///
    /// Returns when all of its jobs are settled.
    func perform(
        _ members: [BatchMember], _ performBatch: Handler.PerformBatch, of handler: Handler, in lane: Lane
    ) async {
        let start = ContinuousClock.now
        let jobs = members.compactMap { member in member.context.map { (delivery: member.delivery, context: $0) } }
        for job in jobs {
            logStart(job.context)
            reportStart(job.context, in: lane)
        }
        let timer = handler.timeout.map { cancel(jobs.map(\.delivery), after: $0, handler) }
        let outcomes = await attempt(jobs.map(\.context), performBatch)
        timer?.cancel()
        let elapsed = start.duration(to: .now)
        // What is not simply done waits until Redis has it; all of that goes in one call if it waits together.
        await withDiscardingTaskGroup { group in
            for (job, outcome) in zip(jobs, outcomes) {
                if case .done = outcome {
                    await end(job.delivery, outcome, handler, job.context, elapsed, in: lane)
                } else {
                    group.addTask { await self.end(job.delivery, outcome, handler, job.context, elapsed, in: lane) }
                }
            }
        }
    }

    /// Cancels the batch's task when time is up.
    private func cancel(_ deliveries: [Delivery], after timeout: Duration, _ handler: Handler) -> Scheduled<Void> {
        timers.scheduleTask(in: TimeAmount(timeout)) { [running, logger] in
            let count = running.cancelOverdue(deliveries)
            guard count > 0 else { return }
            logger.warning(
                "batch has run into its timeout and is cancelled",
                metadata: [
                    LogKeys.jobClass: "\(handler.jobClass)", LogKeys.count: "\(count)", LogKeys.reason: "\(timeout)",
                ])
        }
    }

    /// Runs the handler inside the middleware of every job, and sorts how each ended.
    private func attempt(_ contexts: [JobContext], _ performBatch: Handler.PerformBatch) async -> [Outcome] {
        guard !middleware.isEmpty else { return await performBatch(contexts) }
        let gathering = BatchGathering(count: contexts.count)
        return await withTaskGroup(of: (Int, Outcome).self) { group in
            for (position, context) in contexts.enumerated() {
                group.addTask { (position, await self.surround(context, position, gathering)) }
            }
            let present = await gathering.everybody()
            let answers = present.isEmpty ? [] : await performBatch(present.map(\.context))
            gathering.conclude(
                Dictionary(zip(present.map(\.position), answers), uniquingKeysWith: { first, _ in first }))
            var outcomes = [Outcome](repeating: .done, count: contexts.count)
            for await (position, outcome) in group { outcomes[position] = outcome }
            return outcomes
        }
    }

    private func surround(_ context: JobContext, _ position: Int, _ gathering: BatchGathering) async -> Outcome {
        defer { gathering.leave(position) }
        do {
            try await call({ try await gathering.arrive(position, $0).get() }, context, middleware[...])
            return .done
        } catch {
            return Outcome(thrown: error)
        }
    }
}
