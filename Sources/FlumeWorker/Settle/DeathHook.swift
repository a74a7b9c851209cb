public import FlumeWire
import Logging

/// Called after a job has died: its retries are used up, it was killed, or it may not be retried at all.
///
/// It gets the payload as it went to the dead set (or would have), and the error. It runs once the death is written, so a
/// process that dies in between does not call it; what it throws is logged. A shutdown waits for it as for a job that runs, within
/// ``WorkerConfiguration/shutdownTimeout``, and does not cancel it. Sidekiq's death handlers.
public typealias DeathHook = @Sendable (_ payload: JobPayload, _ error: any Error) async throws -> Void

extension FailureRule {
    /// Tells everybody who wants to know that a job has died: the hooks of its class first.
    func callDeathHooks(of handler: Handler?, _ payload: JobPayload, _ error: any Error, _ logger: Logger) async {
        for hook in (handler?.deathHooks ?? []) + deathHooks {
            do {
                try await hook(payload, error)
            } catch {
                logger.error("a death hook failed", metadata: [LogKeys.error: "\(error)"])
            }
        }
    }
}
