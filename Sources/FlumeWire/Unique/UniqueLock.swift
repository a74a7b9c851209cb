/// A lock as a job holds it: the key `unique:<token>` with the job's jid.
package struct UniqueLock: Sendable, Hashable {
    /// What the key is named by.
    package let token: String
    /// Who holds it, if nobody else does: only this value may be deleted.
    package let jid: String

    package init(token: String, jid: String) {
        self.token = token
        self.jid = jid
    }
}
