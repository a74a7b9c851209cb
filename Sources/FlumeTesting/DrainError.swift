/// A drain came to no good end.
public struct DrainError: Error, Sendable, CustomStringConvertible {
    /// Why it did not.
    public enum Reason: Sendable, Hashable {
        /// Jobs have died.
        case deaths
        /// There were more runs than the limit allows: perhaps a job that enqueues itself.
        case limit(Int)
    }

    /// Why.
    public let reason: Reason
    /// What was run all the same.
    public let report: DrainReport

    /// Why, with each job that has died.
    public var description: String {
        switch reason {
        case .deaths:
            let deaths = report.deaths.map { "\n  \($0)" }.joined()
            return "\(report.deaths.count) of the jobs run have died:\(deaths)"
        case .limit(let limit):
            let last = report.runs.last.map { " The last was \($0)." } ?? ""
            return "there are still jobs to run after \(limit) runs; does one enqueue itself for ever?\(last)"
        }
    }
}
