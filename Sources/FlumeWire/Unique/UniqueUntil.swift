/// What ends a unique job's lock before its time is up: Exq's `unique_until`.
public enum UniqueUntil: String, Sendable, Hashable, CaseIterable {
    /// The job is done, discarded or dead; retries and snoozes keep the lock.
    case success
    /// The job is started for the first time.
    case start
    /// Nothing: the lock lasts its whole time, whatever becomes of the job.
    case expiry
}
