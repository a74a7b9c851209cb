import Logging

extension ControlDesk {
    /// Cancels a job that runs, or is about to.
    func cancel(jid: String) throws(ControlError) {
        switch running.cancel(jid: jid) {
        case .cancelled: logger.notice("a job is cancelled", metadata: [LogKeys.jid: "\(jid)"])
        case .absent: throw .noSuchJob(jid)
        case .shared: throw .inBatch(jid)
        }
    }
}
