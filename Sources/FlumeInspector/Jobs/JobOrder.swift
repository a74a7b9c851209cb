/// From which end a page is read.
public enum JobOrder: Sendable, Hashable {
    /// In a queue: what was pushed last comes first. In a sorted set: what is due, or died, last comes first.
    case newestFirst
    /// In a queue: what runs next comes first. In a sorted set: what is due, or died, first comes first.
    case oldestFirst
}
