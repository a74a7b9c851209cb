/// What becomes of the ticks at which no process was there to enqueue the job.
///
/// A tick counts as missed when it is found more than a minute late; a tick that is less late is always run.
public enum MissedTicks: Sendable, Hashable {
    /// They are left out.
    case skip
    /// One job stands for all of them: that of the last one, or of a tick that is due anyway.
    case runOnce
    /// Each of them is run, oldest first; of more than the limit, the last ones.
    case runAll(limit: Int = 100)

    /// What a limit may be.
    static let limits = 1...1000
}
