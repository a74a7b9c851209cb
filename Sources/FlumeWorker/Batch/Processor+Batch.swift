import FlumeRedis
import FlumeStore

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
        let timer = handler.timeout.map { time(jobs, $0, in: lane) }
        FaultPoint.pass("batch.before")
        let outcomes = await middleware[...].call(jobs.map(\.context), performBatch)
        FaultPoint.pass("batch.after")
        timer?.end()
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
}
