public import Flume
public import FlumeActiveJob
public import FlumeWire

/// A job that was enqueued or waits: its payload as a worker would find it, and where it is.
public struct EnqueuedJob: Sendable {
    /// The payload: after all middleware, with `jid`, `created_at` and, unless it is for later, `enqueued_at`.
    public let payload: JobPayload
    /// The queue it is in, or comes into when it is due.
    public let queue: String
    /// When it is due; `nil` for one that was enqueued for as soon as possible.
    public let at: Timestamp?
    /// When it was enqueued, or put where it is.
    public let enqueuedAt: Timestamp

    /// Sidekiq's `jid`.
    public var jid: String { payload.jid ?? "" }

    /// The name its handler is found by: `wrapped`, else `class`.
    public var jobClass: String { payload.handlerName ?? "" }

    /// The positional arguments as they are stored; none when there is no array of them.
    ///
    /// Of an ActiveJob job they are those inside its envelope: what Ruby's `perform` gets, in ActiveJob's tagged form.
    public var arguments: [JSONValue] {
        if let activeJob { return activeJob["arguments"]?.array ?? [] }
        return (try? payload.arguments()) ?? []
    }

    /// ActiveJob's side of the job; nil for any other.
    public var activeJob: ActiveJobEnvelope? {
        ActiveJobEnvelope.wraps(payload) ? try? ActiveJobEnvelope(payload) : nil
    }

    /// How long it waits from the moment it was enqueued; `nil` for one that was enqueued for as soon as possible.
    ///
    /// What was enqueued with a delay has this delay, because a test's clock stands still meanwhile.
    public var delay: Duration? {
        at.map { .microseconds($0.microseconds) - .microseconds(enqueuedAt.microseconds) }
    }

    /// The job with its typed arguments.
    ///
    /// - Throws: as a handler would: which argument does not fit, and why.
    public func decoded<J: Job>(as type: J.Type = J.self) throws -> J {
        try J(decodingArgumentsOf: payload)
    }

    /// The ActiveJob job with its typed arguments.
    ///
    /// - Throws: as a handler would: which argument does not fit, and why.
    public func decoded<J: ActiveJob>(as type: J.Type = J.self) throws -> J {
        try J(decodingArgumentsOf: payload)
    }
}
