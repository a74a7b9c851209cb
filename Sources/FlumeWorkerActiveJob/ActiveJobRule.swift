/// What becomes of a job that throws: ActiveJob's `retry_on` and `discard_on`.
///
/// Of the rules that match an error the last in the list applies, as in Ruby the one declared last does. An error without a
/// rule, and one whose attempts have run out, fails the job: Sidekiq's own retries begin then, 25 of them unless the job
/// says otherwise.
///
/// A ``JobDirective`` is obeyed, and a rate limit and a cancellation are the worker's business: no rule applies to those.
public struct ActiveJobRule: Sendable {
    /// Called with the error in place of failing the job.
    public typealias Hook = @Sendable (any Error, ActiveJobContext) async throws -> Void

    struct Retry: Sendable {
        /// The key of `exception_executions`.
        var counter: String
        var wait: RetryWait
        /// Nil is without end.
        var attempts: Int?
        var queue: String?
        var priority: Int?
        var jitter: Double
    }

    let matches: @Sendable (any Error) -> Bool
    /// Nil discards the job.
    let retry: Retry?
    let hook: Hook?

    /// Enqueues the job anew when it throws an error of a type.
    ///
    /// The new job has a jid of its own and the same `job_id`, and arrives in the same step in which this one leaves.
    /// Sidekiq counts the attempt as processed, not as failed.
    ///
    /// - Parameters:
    ///   - type: the type of error.
    ///   - exceptions: the Ruby exceptions of the same `retry_on`, so that Ruby's attempts and Swift's count together;
    ///     otherwise the Swift type is what counts.
    ///   - wait: how long to wait.
    ///   - attempts: how often the job runs by this rule at most, the first time included; nil is without end.
    ///   - queue: another queue than the job's.
    ///   - priority: another priority than the job's.
    ///   - jitter: the share of the wait that may be added at random. Rails' own default is 0; applications made with 6.1 or
    ///     later have 0.15.
    ///   - onExhaustion: called when the attempts have run out, in place of failing the job.
    /// - Returns: the rule.
    public static func retryOn<E: Error>(
        _ type: E.Type, as exceptions: [String]? = nil, wait: RetryWait = .fixed(.seconds(3)), attempts: Int? = 5,
        queue: String? = nil, priority: Int? = nil, jitter: Double = 0.15, onExhaustion: Hook? = nil
    ) -> ActiveJobRule {
        .retryOn(
            counting: exceptions ?? ["\(type)"], wait: wait, attempts: attempts, queue: queue, priority: priority,
            jitter: jitter, onExhaustion: onExhaustion, where: { $0 is E })
    }

    /// Enqueues the job anew when it throws an error of one of several types: Rails' `retry_on A, B`.
    ///
    /// Their attempts count together, as in Rails. All else is as for one type.
    ///
    /// ```swift
    /// .retryOn([Timeout.self, NotReady.self], as: ["Timeout::Error", "Billing::NotReady"], attempts: 10)
    /// ```
    ///
    /// - Parameters:
    ///   - types: the types of error.
    ///   - exceptions: the Ruby exceptions of the same `retry_on`, in its order; otherwise the Swift types are what
    ///     counts.
    ///   - wait: how long to wait.
    ///   - attempts: how often the job runs by this rule at most, the first time included; nil is without end.
    ///   - queue: another queue than the job's.
    ///   - priority: another priority than the job's.
    ///   - jitter: the share of the wait that may be added at random.
    ///   - onExhaustion: called when the attempts have run out, in place of failing the job.
    /// - Returns: the rule.
    public static func retryOn(
        _ types: [any Error.Type], as exceptions: [String]? = nil, wait: RetryWait = .fixed(.seconds(3)),
        attempts: Int? = 5, queue: String? = nil, priority: Int? = nil, jitter: Double = 0.15,
        onExhaustion: Hook? = nil
    ) -> ActiveJobRule {
        .retryOn(
            counting: exceptions ?? types.map { "\($0)" }, wait: wait, attempts: attempts, queue: queue,
            priority: priority, jitter: jitter, onExhaustion: onExhaustion, where: matching(types))
    }

    /// Enqueues the job anew when it throws an error that the closure says yes to, such as some cases of an
    /// enumeration.
    ///
    /// - Parameters:
    ///   - exceptions: what counts the attempts: the Ruby exceptions of the same `retry_on`, or any name of this rule's
    ///     own.
    ///   - wait: how long to wait.
    ///   - attempts: how often the job runs by this rule at most, the first time included; nil is without end.
    ///   - queue: another queue than the job's.
    ///   - priority: another priority than the job's.
    ///   - jitter: the share of the wait that may be added at random.
    ///   - onExhaustion: called when the attempts have run out, in place of failing the job.
    ///   - matches: whether the rule applies to an error.
    /// - Returns: the rule.
    public static func retryOn(
        counting exceptions: [String], wait: RetryWait = .fixed(.seconds(3)), attempts: Int? = 5,
        queue: String? = nil, priority: Int? = nil, jitter: Double = 0.15, onExhaustion: Hook? = nil,
        where matches: @escaping @Sendable (any Error) -> Bool
    ) -> ActiveJobRule {
        let retry = Retry(
            counter: "[\(exceptions.joined(separator: ", "))]", wait: wait, attempts: attempts, queue: queue,
            priority: priority, jitter: jitter)
        return ActiveJobRule(matches: matches, retry: retry, hook: onExhaustion)
    }

    /// Ends the job for good when it throws an error of a type; for Sidekiq it is done.
    ///
    /// `discardOn(ArgumentsError.self)` is Rails' `discard_on ActiveJob::DeserializationError`.
    ///
    /// - Parameters:
    ///   - type: the type of error.
    ///   - hook: called before.
    /// - Returns: the rule.
    public static func discardOn<E: Error>(_ type: E.Type, hook: Hook? = nil) -> ActiveJobRule {
        ActiveJobRule(matches: { $0 is E }, retry: nil, hook: hook)
    }

    /// Ends the job for good when it throws an error of one of several types: Rails' `discard_on A, B`.
    ///
    /// - Parameters:
    ///   - types: the types of error.
    ///   - hook: called before.
    /// - Returns: the rule.
    public static func discardOn(_ types: [any Error.Type], hook: Hook? = nil) -> ActiveJobRule {
        ActiveJobRule(matches: matching(types), retry: nil, hook: hook)
    }

    /// Ends the job for good when it throws an error that the closure says yes to.
    ///
    /// - Parameters:
    ///   - hook: called before.
    ///   - matches: whether the rule applies to an error.
    /// - Returns: the rule.
    public static func discardOn(
        hook: Hook? = nil, where matches: @escaping @Sendable (any Error) -> Bool
    ) -> ActiveJobRule {
        ActiveJobRule(matches: matches, retry: nil, hook: hook)
    }

    private static func matching(_ types: [any Error.Type]) -> @Sendable (any Error) -> Bool {
        @Sendable func isOne<E: Error>(_ error: any Error, _ type: E.Type) -> Bool { error is E }
        return { error in types.contains { isOne(error, $0) } }
    }

    private init(matches: @escaping @Sendable (any Error) -> Bool, retry: Retry?, hook: Hook?) {
        self.matches = matches
        self.retry = retry
        self.hook = hook
    }
}
