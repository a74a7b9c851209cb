import FlumeStore
public import FlumeWire
import Logging

/// What becomes of a job that may not run again.
public enum ExhaustedVerdict: Sendable, Hashable {
    /// It goes to the dead set, unless its `dead` is `false`.
    case bury
    /// It is thrown away.
    case discard
}

/// Asked what becomes of a job that has used up its retries; see ``Handler/onExhausted(_:)``.
///
/// It gets the payload as it would go to the dead set, and the error. What it throws is logged, and the job is buried.
public typealias ExhaustedHook =
    @Sendable (_ payload: JobPayload, _ error: any Error) async throws -> ExhaustedVerdict

extension FailureRule.Ruling {
    /// The ruling after the job's class was asked.
    ///
    /// Death hooks are called all the same, as Sidekiq does since 8.0.7.
    func asking(_ handler: Handler?, _ logger: Logger) async -> FailureRule.Ruling {
        guard asksHandler, let death, let exhausted = handler?.exhausted else { return self }
        do {
            guard try await exhausted(death.payload, death.error) == .discard else { return self }
        } catch {
            logger.error(
                "the hook that is asked when retries are used up failed; the job goes where it would without it",
                metadata: [LogKeys.error: "\(error)"])
            return self
        }
        var ruling = self
        ruling.destination = .done
        ruling.summary += "; its class says to discard it"
        return ruling
    }
}
