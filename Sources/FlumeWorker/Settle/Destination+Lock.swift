import FlumeStore
import FlumeWire

/// When a unique job gives its lock back, as Exq's documentation has it.
///
/// | what becomes of it | until success | until start | until expiry |
/// |---|---|---|---|
/// | started for the first time | | gives it back | |
/// | done, discarded, failed without retries | gives it back | gives it back | |
/// | dead: killed, cancelled, retries used up, its process killed too often | gives it back | gives it back | |
/// | retried, snoozed | | gives it back | |
/// | put back or recovered, handed to another queue | | | |
/// | replaced by its next attempt, a job with another jid | hands it on | has none | |
///
/// An empty field: the job keeps it, for as long as it lasts. That of a job that was recovered or handed on is not lost: the
/// process that runs it next gives it back.
extension Destination {
    /// The lock that a job gives back when it goes here.
    func lock(of payload: JobPayload) -> UniqueLock? {
        guard let lock = payload.lock, let until = payload.uniqueUntil, isReleasing(until) else { return nil }
        return lock
    }

    private func isReleasing(_ until: UniqueUntil) -> Bool {
        switch (self, until) {
        case (_, .expiry), (.front, _), (.back, _): false
        case (.retry, .success), (.schedule, .success): false
        case (.retry, .start), (.schedule, .start): true
        // If it is recovered into `dead`, which is for the script to find out.
        case (.done, _), (.dead, _), (.recover, _): true
        }
    }
}

extension Outcome {
    /// The lock of a job that ends like this and goes there.
    func lock(of payload: JobPayload, at now: Timestamp, to destination: Destination) -> UniqueLock? {
        // One that is to last does so under the jid it was taken with.
        guard case .replaced(let other, _, _) = self, payload.uniqueUntil == .success else {
            return destination.lock(of: payload)
        }
        return payload.lock?.passed(to: other, at: now)
    }
}
