/// Has only one job of a kind in the system at a time: Exq's unique jobs.
///
/// Pushing the job takes a lock, in the same step; while it is held, another job of the same token is not enqueued.
///
/// ```swift
/// struct SyncUser: Job {
///     static var options: JobOptions { .init(unique: .init(for: .seconds(3600), until: .start)) }
///     var userID: Int
/// }
/// ```
///
/// The lock never outlives its span, so a job that waits or is retried for longer may meet a second one. It is a means
/// against needless work, and no guarantee that a job runs once.
public struct Uniqueness: Sendable, Hashable {
    /// How long the lock lasts at most, from the push, or from the time a job is scheduled for.
    ///
    /// Field `unique_for`, seconds.
    public var span: Duration
    /// What ends it sooner.
    ///
    /// Field `unique_until`.
    public var until: UniqueUntil
    /// What two jobs must share to be in conflict; `nil`: queue, class and arguments.
    ///
    /// Field `unique_token`. The one that stands for `nil` is the same in every process and build of Flume, and not the one
    /// that Exq makes: give it when both enqueue such jobs.
    public var token: String?

    /// Describes a lock.
    public init(for span: Duration, until: UniqueUntil = .success, token: String? = nil) {
        self.span = span
        self.until = until
        self.token = token
    }

    /// The fields of a payload that say so.
    package var fields: JSONObject {
        let (seconds, attoseconds) = span.components
        let exact = Double(seconds) + Double(attoseconds) / 1e18
        var fields = JSONObject()
        fields["unique_for"] = attoseconds == 0 ? .int(seconds) : .double(exact)
        fields["unique_until"] = .string(until.rawValue)
        if let token { fields["unique_token"] = .string(token) }
        return fields
    }
}
