public import FlumeWire

/// How a handler ends a job other than by returning or failing.
///
/// Throw one.
///
/// ```swift
/// guard await quota.isOpen else { throw JobDirective.snooze(for: .seconds(60)) }
/// ```
public struct JobDirective: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case retry(after: Duration)
        case snooze(Duration)
        case replace(JobPayload, after: Duration, reason: String)
        case discard(reason: String)
        case kill(reason: String)
    }

    let kind: Kind

    /// Whether the job has failed by it; a snoozed or discarded one has not.
    public var isFailure: Bool {
        switch kind {
        case .retry, .kill: true
        case .snooze, .replace, .discard: false
        }
    }

    /// Fails the job as any error does, but with this delay before the next try in place of the formula's.
    ///
    /// No jitter is added.
    public static func retry(after delay: Duration) -> Self { Self(kind: .retry(after: delay)) }

    /// Runs the job again later without using up a retry: it goes to `schedule` as if it were enqueued for that time.
    public static func snooze(for delay: Duration) -> Self { Self(kind: .snooze(delay)) }

    /// Ends the job and enqueues another in its place, in one step: nothing is lost between.
    ///
    /// What ActiveJob's `retry_on` does. The other job goes to `schedule`, or to the back of its `queue` without a delay. It
    /// is written as it is; ``JobClient/prepare(_:after:)`` gives it a jid and takes it through the client's middleware.
    ///
    /// - Parameters:
    ///   - payload: the other job.
    ///   - delay: when it is to run, by Redis's clock.
    ///   - reason: for the log.
    /// - Returns: what to throw.
    public static func replace(with payload: JobPayload, after delay: Duration = .zero, reason: String) -> Self {
        Self(kind: .replace(payload, after: delay, reason: reason))
    }

    /// Ends the job for good.
    ///
    /// It is not retried and not kept; it counts as failed in no statistics.
    public static var discard: Self { discard("") }

    /// Ends the job for good, with a reason for the log.
    public static func discard(_ reason: String) -> Self { Self(kind: .discard(reason: reason)) }

    /// Sends the job to the dead set at once, whatever retries it has left, and calls the death hooks.
    public static var kill: Self { kill("killed by its handler") }

    /// Sends the job to the dead set with a reason, which becomes its `error_message`.
    public static func kill(_ reason: String) -> Self { Self(kind: .kill(reason: reason)) }
}
