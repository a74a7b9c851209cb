package import FlumeWire

/// How an attempt at a job ended.
///
/// One value, which one function turns into where the job goes.
package enum Outcome: Sendable {
    /// The handler returned.
    case done
    /// The handler threw.
    case failed(any Error)
    /// The handler asked for a retry after so long.
    case retry(after: Duration)
    /// The handler wants to run later, without using up a retry.
    case snoozed(Duration)
    /// Another job is to be enqueued in its place.
    case replaced(JobPayload, after: Duration, reason: String)
    /// The handler is through with it for good.
    case discarded(reason: String)
    /// The handler wants it dead.
    case killed(reason: String)
    /// Somebody cancelled it while it ran, or before it began to.
    case cancelled
    /// No handler has this class.
    case unknownClass(UnknownClassError)
    /// No handler has this class, and others shall look.
    case handedOver(toQueue: String)

    /// The word for it in statistics.
    var ending: Statistics.Ending {
        switch self {
        case .done: .done
        case .failed, .retry, .unknownClass: .failed
        case .snoozed, .replaced, .handedOver: .snoozed
        case .discarded: .discarded
        case .killed, .cancelled: .killed
        }
    }

    /// Whether the handler is through with the job, so that there is nothing left to cancel.
    var isFinal: Bool {
        switch self {
        case .done, .discarded: true
        case .failed, .retry, .snoozed, .replaced, .killed, .cancelled, .unknownClass, .handedOver: false
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
        case .replace(let payload, let delay, let reason): self = .replaced(payload, after: delay, reason: reason)
        case .discard(let reason): self = .discarded(reason: reason)
        case .kill(let reason): self = .killed(reason: reason)
        }
    }
}
