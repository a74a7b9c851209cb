/// What became of one job of a bulk.
public enum BulkResult: Sendable, Hashable {
    /// It is in Redis under this jid.
    case enqueued(jid: String)
    /// A middleware stopped it.
    case stopped

    /// Its jid, if it was enqueued.
    public var jid: String? {
        if case .enqueued(let jid) = self { jid } else { nil }
    }
}
