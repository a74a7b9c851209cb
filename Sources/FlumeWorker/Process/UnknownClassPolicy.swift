/// What to do with a job whose class has no handler.
///
/// It is never thrown away.
public enum UnknownClassPolicy: Sendable, Hashable {
    /// Fail it, as Sidekiq does: it is retried, by whichever process takes it then.
    case retry
    /// Hand it on to another queue, which others read.
    case forward(toQueue: String)
    /// Send it to the dead set at once.
    case dead
}
