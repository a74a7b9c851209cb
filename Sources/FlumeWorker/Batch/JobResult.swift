/// What became of one job of a batch.
public enum JobResult: Sendable {
    /// It is done.
    case done
    /// It failed, as if a handler of its own had thrown this; a ``JobDirective`` is obeyed.
    case failed(any Error)
    /// It failed, and is tried again after so long.
    case retry(after: Duration)
    /// It goes to the dead set, whatever retries it has left; the reason becomes its `error_message`.
    case dead(String)
    /// It runs again later without using up a retry.
    case snooze(for: Duration)
    /// It ends for good, with a reason for the log.
    case discard(String)
}

/// A batch handler answered for more or fewer jobs than it was given; all of them fail with this.
public struct JobResultCountError: Error, Sendable, CustomStringConvertible {
    /// The class.
    public let jobClass: String
    /// How many jobs it was given.
    public let expected: Int
    /// For how many it answered.
    public let found: Int

    /// What the Web UI shows.
    public var description: String {
        "the batch handler of \(jobClass) returned \(found) results for \(expected) jobs; it must return one for each, in order"
    }
}

extension Outcome {
    /// What a batch handler said about a job.
    init(_ result: JobResult) {
        switch result {
        case .done: self = .done
        case .failed(let error): self.init(thrown: error)
        case .retry(let delay): self = .retry(after: delay)
        case .dead(let reason): self = .killed(reason: reason)
        case .snooze(let delay): self = .snoozed(delay)
        case .discard(let reason): self = .discarded(reason: reason)
        }
    }

    /// Throws what a handler would have thrown to end this way: what a middleware around the job gets to see.
    func get() throws {
        switch self {
        case .done, .handedOver: return
        case .failed(let error): throw error
        case .retry(let delay): throw JobDirective.retry(after: delay)
        case .snoozed(let delay): throw JobDirective.snooze(for: delay)
        case .replaced(let payload, let delay, let reason):
            throw JobDirective.replace(with: payload, after: delay, reason: reason)
        case .discarded(let reason): throw JobDirective.discard(reason)
        case .killed(let reason): throw JobDirective.kill(reason)
        case .cancelled: throw JobCancelledError()
        case .unknownClass(let error): throw error
        }
    }
}
