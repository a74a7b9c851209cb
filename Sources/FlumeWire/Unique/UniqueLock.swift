/// A lock as a job holds it: the key `unique:<token>` with the job's jid.
package struct UniqueLock: Sendable, Hashable {
    /// What the key is named by.
    package let token: String
    /// Who holds it, if nobody else does: only this value may be deleted.
    package let jid: String
    /// The job that gets it in place of being released, as the next attempt at the same work.
    package var heir: Heir?

    /// Who gets a lock, and for how long.
    package struct Heir: Sendable, Hashable {
        package let jid: String
        package let milliseconds: Int
    }

    package init(token: String, jid: String) {
        self.token = token
        self.jid = jid
    }

    /// The same lock, to be handed to another job.
    package func passed(to payload: JobPayload, at now: Timestamp) -> UniqueLock {
        guard let other = payload.lock, other.token == token, let end = payload.unlocksAt else { return self }
        var passed = self
        passed.heir = Heir(jid: other.jid, milliseconds: max(1, (end.microseconds - now.microseconds) / 1000))
        return passed
    }
}
