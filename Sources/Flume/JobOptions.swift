public import FlumeWire

/// Options of a job, stored in its payload: Sidekiq's `sidekiq_options` and `set`.
///
/// Ruby looks none of them up on the class when the job runs; what is not in the payload is not in force there.
public struct JobOptions: Sendable, Hashable {
    /// The queue, a bare name.
    ///
    /// Field `queue`.
    public var queue: String
    /// How often a failed job is run again.
    ///
    /// Field `retry`.
    public var retry: RetrySetting
    /// Labels shown in the Web UI.
    ///
    /// Field `tags`.
    public var tags: [String]
    /// How much of an error's backtrace is kept.
    ///
    /// Field `backtrace`.
    public var backtrace: BacktraceSetting
    /// Retry for so long since the first failure, whatever the number.
    ///
    /// Field `retry_for`, whole seconds.
    public var retryFor: Duration?
    /// The queue of retries, when it is not the job's own.
    ///
    /// Field `retry_queue`.
    public var retryQueue: String?
    /// Whether it goes to the dead set when its retries are used up.
    ///
    /// Field `dead`, written only when `false`.
    public var dead: Bool
    /// Whether only one of its kind is to be in the system at a time, and for how long.
    ///
    /// Fields `unique_for`, `unique_until`, `unique_token`.
    public var unique: Uniqueness?
    /// The id, for a single job; made when `nil`.
    ///
    /// Field `jid`.
    public var jid: String?
    /// Any other fields, stored as they are, kept through retries and shown in the Web UI as extras.
    public var extra: JSONObject

    /// Makes options; each has Sidekiq's default.
    public init(
        queue: String = "default", retry: RetrySetting = .default, tags: [String] = [],
        backtrace: BacktraceSetting = .none,
        retryFor: Duration? = nil, retryQueue: String? = nil, dead: Bool = true, unique: Uniqueness? = nil,
        jid: String? = nil, extra: JSONObject = [:]
    ) {
        self.queue = queue
        self.retry = retry
        self.tags = tags
        self.backtrace = backtrace
        self.retryFor = retryFor
        self.retryQueue = retryQueue
        self.dead = dead
        self.unique = unique
        self.jid = jid
        self.extra = extra
    }

    /// The optional fields as the payload stores them.
    package var fields: JSONObject {
        var fields = extra
        if !tags.isEmpty { fields["tags"] = .array(tags.map { .string($0) }) }
        switch backtrace {
        case .none: break
        case .all: fields["backtrace"] = true
        case .lines(let count): fields["backtrace"] = .int(count)
        }
        if let retryFor { fields["retry_for"] = .int(Int(retryFor.components.seconds)) }
        if let retryQueue { fields["retry_queue"] = .string(retryQueue) }
        if !dead { fields["dead"] = false }
        for member in unique?.fields.members ?? [] { fields[member.key] = member.value }
        return fields
    }
}
