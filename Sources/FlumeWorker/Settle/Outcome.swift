/// How an attempt at a job ended.
///
/// One value, which one function turns into where the job goes.
enum Outcome {
    /// The handler returned.
    case done
    /// The handler threw.
    case failed(any Error)
    /// The handler asked for a retry after so long.
    case retry(after: Duration)
    /// The handler wants to run later, without using up a retry.
    case snoozed(Duration)
    /// The handler is through with it for good.
    case discarded(reason: String)
    /// The handler wants it dead.
    case killed(reason: String)
    /// No handler has this class.
    case unknownClass(UnknownClassError)

    /// The word for it in statistics.
    var ending: Statistics.Ending {
        switch self {
        case .done: .done
        case .failed, .retry, .unknownClass: .failed
        case .snoozed: .snoozed
        case .discarded: .discarded
        case .killed: .killed
        }
    }

    /// Sorts what a handler threw.
    init(thrown error: any Error) {
        guard let directive = error as? JobDirective else {
            self = .failed(error)
            return
        }
        switch directive.kind {
        case .retry(let delay): self = .retry(after: delay)
        case .snooze(let delay): self = .snoozed(delay)
        case .discard(let reason): self = .discarded(reason: reason)
        case .kill(let reason): self = .killed(reason: reason)
        }
    }
}
