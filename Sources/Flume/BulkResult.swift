/// What became of one job: of one of a bulk, or of a unique one.
public enum BulkResult: Sendable, Hashable {
    /// It is in Redis under this jid.
    case enqueued(jid: String)
    /// It is unique, and the job with this jid holds its lock: it was not enqueued.
    ///
    /// Its own jid here means that it had been enqueued before: pushing a unique job again with the same `jid` is safe.
    case conflict(jid: String)
    /// A middleware stopped it.
    case stopped

    /// Its jid, if it was enqueued.
    public var jid: String? {
        if case .enqueued(let jid) = self { jid } else { nil }
    }
}
