/// From when on a worker counts as dead.
public struct HealthLimits: Sendable, Hashable {
    /// How long a loop may be still that should have moved, and how long jobs that ignore their cancellation may hold every
    /// slot of a pipeline.
    ///
    /// A loop waits for Redis for up to a few command timeouts; keep this above four of them.
    public var stall: Duration
    /// How long Redis may say nothing at all.
    ///
    /// An error such as LOADING is an answer. While Redis is away for less, there is no reason to restart the process: it
    /// connects again by itself. After that a restart is worth trying.
    public var silence: Duration

    /// Makes limits.
    ///
    /// - Parameters:
    ///   - stall: how long a loop may be still that should have moved, or a pipeline be held by stuck jobs.
    ///   - silence: how long Redis may say nothing at all.
    public init(stall: Duration = .seconds(60), silence: Duration = .seconds(300)) {
        self.stall = stall
        self.silence = silence
    }
}
