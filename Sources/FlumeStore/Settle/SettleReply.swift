/// What became of a batch of settlements of one tenure.
package struct SettleReply: Sendable {
    /// What had happened to one job.
    package enum Verdict: Sendable, Hashable {
        /// It has left the in-flight record and arrived.
        case arrived
        /// Recovered once too often: it arrived in `dead`.
        case buried
        /// It was not in flight: settled before, or recovered by somebody else.
        case absent
        /// It could not arrive, for the reason Redis gave, and is still in flight.
        case refused(String)
    }

    /// The process was buried: its jobs are somebody else's now.
    package let tenureIsBuried: Bool
    /// How many of the jobs that are `done` were not in flight any more.
    package let doneButAbsent: Int
    /// For every other job, in the order given.
    package let verdicts: [Verdict]
}
