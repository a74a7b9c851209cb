/// Which jobs a drain runs.
public enum DrainScope: Sendable, Hashable {
    /// Those in queues, and those that are due; the clock stands still.
    case due
    /// Also those that have failed and are to be retried: the clock moves on to each retry.
    case retries
    /// Also those for later: the clock moves on to each of them.
    case everything
}
