/// What every Sidekiq process understands, sent through Redis and read at its next beat.
public enum ProcessSignal: String, Sendable, Hashable {
    /// Takes no more jobs and lets those that run come to their end; it cannot be undone.
    case quiet = "TSTP"
    /// Stops as at a graceful shutdown. Exq ignores it.
    case stop = "TERM"
    /// Logs what is running. Exq ignores it.
    case dump = "TTIN"
}
