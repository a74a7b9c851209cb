public import FlumeWire

/// How long a failed job waits before its retry: what Sidekiq's `sidekiq_retry_in` block decides.
public struct BackOff: Sendable {
    /// What a back-off decides for one failure.
    public enum Decision: Sendable, Hashable {
        /// Sidekiq's formula.
        case standard
        /// So long; Sidekiq's jitter is added, as it is to a block's value. Not positive means the formula, as in Sidekiq.
        case after(Duration)
        /// So long and no jitter; not positive means at once.
        case exactly(Duration)
        /// To the dead set, whatever retries are left.
        case kill
        /// Gone for good. Death hooks run, as in Sidekiq 8.0.7 and later.
        case discard
    }

    let decide: @Sendable (_ retryCount: Int, _ error: any Error, _ payload: JobPayload) -> Decision

    /// Decides by a closure.
    ///
    /// - Parameter decide: gets Sidekiq's `retry_count` as it will be after this failure (0 at the first), the error, and
    ///   the payload before it is changed.
    public init(
        _ decide: @escaping @Sendable (_ retryCount: Int, _ error: any Error, _ payload: JobPayload) -> Decision
    ) {
        self.decide = decide
    }

    /// Sidekiq's: count⁴ + 15 seconds and jitter.
    public static let standard = BackOff { _, _, _ in .standard }
}
