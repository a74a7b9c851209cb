public import FlumeWire
public import FlumeWorker

/// What Rails has put into the payload of a job, for middleware and for handlers of plain jobs.
extension JobContext {
    /// The values of CurrentAttributes that the job was enqueued under.
    ///
    /// - Throws: when `cattr` is in neither of Sidekiq's forms.
    public var currentAttributes: CurrentAttributes {
        get throws(ArgumentsError) { try CurrentAttributes(payload) }
    }

    /// The values of CurrentAttributes that the job was enqueued under, for an application with serializers of its own.
    ///
    /// - Parameter coding: which serializers, and GlobalIDs of which applications, there may be.
    /// - Returns: the values.
    /// - Throws: when `cattr` is in neither of Sidekiq's forms, or has a value that `coding` does not know.
    public func currentAttributes(coding: ActiveJobCoding) throws(ArgumentsError) -> CurrentAttributes {
        try CurrentAttributes(payload, coding: coding)
    }

    /// ActiveJob's side of the job, nil if it is a plain Sidekiq job or not readable.
    public var activeJob: ActiveJobEnvelope? {
        ActiveJobEnvelope.wraps(payload) ? try? ActiveJobEnvelope(payload) : nil
    }
}
