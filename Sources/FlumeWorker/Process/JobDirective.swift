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
        case discard(reason: String)
        case kill(reason: String)
    }

    let kind: Kind

    /// Whether the job has failed by it; a snoozed or discarded one has not.
    public var isFailure: Bool {
        switch kind {
        case .retry, .kill: true
        case .snooze, .discard: false
        }
    }

    /// Fails the job as any error does, but with this delay before the next try in place of the formula's.
    ///
    /// No jitter is added.
    public static func retry(after delay: Duration) -> Self { Self(kind: .retry(after: delay)) }

    /// Runs the job again later without using up a retry: it goes to `schedule` as if it were enqueued for that time.
    public static func snooze(for delay: Duration) -> Self { Self(kind: .snooze(delay)) }

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
