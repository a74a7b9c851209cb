/// How long a failed job waits before its retry.
public enum BackOffSettings: Sendable, Hashable {
    /// Sidekiq's formula: count⁴ + 15 seconds and jitter.
    case standard
    /// So long after the first failure, twice as long after each further one, never longer than the maximum.
    ///
    /// Elixir Flume's `backoff_initial` and `backoff_max`.
    case exponential(initial: Duration, maximum: Duration)
    /// Always so long.
    case fixed(Duration)
}
