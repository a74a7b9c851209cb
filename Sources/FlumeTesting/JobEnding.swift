import FlumeStore
import FlumeWire
import FlumeWorker

/// Where a job goes after a run.
public enum JobEnding: Sendable, Hashable {
    /// Nowhere: it is done.
    case done
    /// It has failed and is tried again after so long.
    case retried(after: Duration)
    /// It has failed and is in the dead set.
    case dead
    /// It has failed for good and is kept nowhere: its `retry` or `dead` is `false`, or its back-off discards it.
    case dropped
    /// It, or what takes its place, runs later without its having failed.
    case snoozed(for: Duration)
    /// Nowhere: its handler or a middleware was through with it for good.
    case discarded(reason: String)
    /// It, or what takes its place, was handed to a queue, such as one for classes without a handler.
    case forwarded(toQueue: String)
    /// Its task was cancelled, as at the end of a shutdown: it is at the front of its queue again.
    case interrupted

    /// Whether the job has failed in this run.
    public var isFailure: Bool {
        switch self {
        case .retried, .dead, .dropped: true
        case .done, .snoozed, .discarded, .forwarded, .interrupted: false
        }
    }

    /// Whether the job has died of it: it will not run again, and is not done.
    public var isDeath: Bool {
        switch self {
        case .dead, .dropped: true
        case .done, .retried, .snoozed, .discarded, .forwarded, .interrupted: false
        }
    }

    init(_ report: JobRunner.Report) {
        switch (report.outcome, report.destination) {
        case _ where report.isInterrupted: self = .interrupted
        case (.discarded(let reason), _): self = .discarded(reason: reason)
        case (.snoozed(let delay), _): self = .snoozed(for: max(.zero, delay))
        case (.done, _): self = .done
        case (_, .retry(let seconds, _)): self = .retried(after: .seconds(seconds))
        case (_, .schedule(let seconds, _)): self = .snoozed(for: .seconds(seconds))
        case (_, .back(let queue, _)): self = .forwarded(toQueue: queue)
        case (_, .dead): self = .dead
        case (_, .done): self = .dropped
        // A run ends at neither of these.
        case (_, .front), (_, .recover): self = .interrupted
        }
    }
}
