public import Flume
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

    /// The positional arguments; none when `args` is not an array.
    public var arguments: [JSONValue] { (try? payload.arguments()) ?? [] }

    /// How long it waits from the moment it was enqueued; `nil` for one that was enqueued for as soon as possible.
    ///
    /// What was enqueued with a delay has this delay, because a test's clock stands still meanwhile.
    public var delay: Duration? {
        at.map { .microseconds($0.microseconds - enqueuedAt.microseconds) }
    }

    /// The job with its typed arguments.
    ///
    /// - Throws: as a handler would: which argument does not fit, and why.
    public func decoded<J: Job>(as type: J.Type = J.self) throws -> J {
        try J(decodingArgumentsOf: payload)
    }
}
