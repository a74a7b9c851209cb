public import FlumeWorker

/// How long a failed job waits before its retry.
public enum BackOffSettings: Sendable, Hashable {
    /// Sidekiq's formula: count⁴ + 15 seconds and jitter.
    case standard
    /// Up to so long after the first failure, twice that after each further one, never more than the maximum.
    ///
    /// How long exactly is left to chance, so that jobs that failed together come back apart; with the jitter `none` it is
    /// always the whole delay. A maximum of `nil` is none. Elixir Flume's `backoff_initial` and `backoff_max`.
    case exponential(initial: Duration, maximum: Duration?, jitter: BackOff.Jitter = .full)
    /// Always so long.
    case fixed(Duration)
}

extension BackOffSettings {
    /// What is wrong with these values, if anything.
    var problem: String? {
        switch self {
        case .standard: nil
        case .fixed(let delay): delay > .zero ? nil : "\(delay) is not a time to wait"
        case .exponential(let initial, let maximum, _):
            if initial <= .zero {
                "the initial delay \(initial) is not a time to wait"
            } else if let maximum, maximum < initial {
                "the maximum \(maximum) is less than the initial delay \(initial)"
            } else {
                nil
            }
        }
    }

    /// `nil` for Sidekiq's formula, which a pipeline has anyway.
    var rule: BackOff? {
        switch self {
        case .standard: nil
        case .exponential(let initial, let maximum, let jitter):
            .exponential(initial: initial, maximum: maximum, jitter: jitter)
        case .fixed(let delay): .fixed(delay)
        }
    }
}
