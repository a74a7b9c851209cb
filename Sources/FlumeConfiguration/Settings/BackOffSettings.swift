/// How long a failed job waits before its retry.
public enum BackOffSettings: Sendable, Hashable {
    /// Sidekiq's formula: count⁴ + 15 seconds and jitter.
    case standard
    /// Up to so long after the first failure, twice that after each further one, never more than the maximum.
    ///
    /// How long exactly is left to chance, so that jobs that failed together come back apart.
    /// Elixir Flume's `backoff_initial` and `backoff_max`.
    case exponential(initial: Duration, maximum: Duration)
    /// Always so long.
    case fixed(Duration)
}
