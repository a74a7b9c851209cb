import FlumeActiveJob
import Flume
import FlumeWire
import FlumeWorker

/// One attempt at an ActiveJob job: arguments, handler, and the rules for what it throws.
struct ActiveJobRun: Sendable {
    let rules: [ActiveJobRule]
    let coding: ActiveJobCoding

    func perform(
        _ payload: JobPayload, _ job: JobContext,
        _ body: (ActiveJobArguments, ActiveJobContext) async throws -> Void
    ) async throws {
        let context = ActiveJobContext(job, try ActiveJobEnvelope(payload))
        do {
            try await body(try context.envelope.arguments(coding: coding), context)
        } catch {
            guard let rule = rule(for: error) else { throw error }
            try await apply(rule, to: error, context)
        }
    }

    private func rule(for error: any Error) -> ActiveJobRule? {
        if error is JobDirective || error is RateLimitedError { return nil }
        if error is CancellationError, Task.isCancelled { return nil }
        return rules.last { $0.matches(error) }
    }

    private func apply(_ rule: ActiveJobRule, to error: any Error, _ context: ActiveJobContext) async throws {
        guard let retry = rule.retry else {
            try await rule.hook?(error, context)
            throw JobDirective.discard(Self.reason(error))
        }
        let executions = executions(of: context.envelope, by: retry.counter)
        if let attempts = retry.attempts, executions >= attempts {
            guard let hook = rule.hook else { throw error }
            return try await hook(error, context)
        }
        try await enqueueNext(retry, after: executions, error, context)
    }

    /// The count of this rule, and where Rails is too old to have one, that of all attempts.
    private func executions(of envelope: ActiveJobEnvelope, by counter: String) -> Int {
        guard envelope["exception_executions"]?.object != nil else { return envelope.executions + 1 }
        return (envelope.exceptionExecutions[counter] ?? 0) + 1
    }

    /// Ends by the next attempt, which arrives in the step in which this one leaves.
    private func enqueueNext(
        _ retry: ActiveJobRule.Retry, after executions: Int, _ error: any Error, _ context: ActiveJobContext
    ) async throws {
        var generator = SystemRandomNumberGenerator()
        let delay = retry.wait.delay(after: executions, jitter: retry.jitter, using: &generator)
        let jobs = context.job.jobs
        let now = jobs.currentTime
        let next = context.envelope.nextAttempt(
            counting: retry.counter, queue: retry.queue, priority: retry.priority, now: now,
            due: delay > .zero ? try jobs.time(after: delay, from: now) : nil)
        guard let prepared = try await jobs.prepare(next, after: delay) else {
            throw JobDirective.discard("a client middleware stopped the next attempt after: \(Self.reason(error))")
        }
        throw JobDirective.replace(with: prepared, after: delay, reason: Self.reason(error))
    }

    /// What is logged and nowhere stored: an error about arguments without what it quotes of them.
    private static func reason(_ error: any Error) -> String {
        (error as? ArgumentsError).map { "\($0.withoutValues)" } ?? "\(error)"
    }
}
