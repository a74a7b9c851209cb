public import FlumeWire

/// What a handler under test gets to know about its job besides the arguments.
public struct TestAttempt: Sendable {
    /// The job's id; made up when `nil`.
    public var jid: String?
    /// The queue it comes from; that of the job's options when `nil`.
    public var queue: String?
    /// Which run of the job it is: 1 the first time, 2 on its first retry.
    public var attempt: Int
    /// Whether the task is cancelled before the handler begins, as at the end of a shutdown.
    public var isCancelled: Bool
    /// Further fields of the payload.
    public var extra: JSONObject

    /// Makes an attempt; without arguments a first one.
    public init(
        jid: String? = nil, queue: String? = nil, attempt: Int = 1, isCancelled: Bool = false, extra: JSONObject = [:]
    ) {
        self.jid = jid
        self.queue = queue
        self.attempt = attempt
        self.isCancelled = isCancelled
        self.extra = extra
    }

    /// A payload as it would be after so many attempts.
    func applied(to payload: JobPayload, now: Timestamp) -> JobPayload {
        var payload = payload
        for member in extra.members { payload.set(member.key, to: member.value) }
        if let jid { payload.set("jid", to: .string(jid)) }
        if let queue { payload.set("queue", to: .string(queue)) }
        let unit = payload.timestampUnit ?? .floatSeconds
        if attempt > 1 {
            payload.set("retry_count", to: .int(attempt - 2))
            payload.set("failed_at", to: now, unit: unit)
        }
        var generator = SystemRandomNumberGenerator()
        payload.complete(stamp: now.json(unit: unit), isEnqueued: true) { JobID.make(using: &generator) }
        return payload
    }
}
