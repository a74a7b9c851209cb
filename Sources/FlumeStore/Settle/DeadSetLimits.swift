/// When the dead set forgets: Sidekiq's `dead_max_jobs` and `dead_timeout_in_seconds`.
package struct DeadSetLimits: Sendable, Hashable {
    /// How many jobs the dead set keeps; the oldest go first.
    package var maximumJobs: Int
    /// How many seconds a dead job is kept.
    package var seconds: Int

    package init(maximumJobs: Int = 10_000, seconds: Int = 180 * 24 * 3600) {
        self.maximumJobs = max(0, maximumJobs)
        self.seconds = max(0, seconds)
    }

    /// The last rank, counted from the end, that goes so that exactly `maximumJobs` stay.
    ///
    /// Sidekiq trims to `-maximumJobs` and so keeps one less; readers do not mind either.
    var lastRankToTrim: Int { -maximumJobs - 1 }
}
