public import FlumeWire
public import FlumeWorker

/// What a handler of an ActiveJob job knows about it: what ``JobContext`` has, and ActiveJob's own facts.
@dynamicMemberLookup
public struct ActiveJobContext: Sendable {
    /// Sidekiq's side of the job.
    public let job: JobContext
    /// ActiveJob's side of it, as it is stored.
    public let envelope: ActiveJobEnvelope

    /// Which attempt of ActiveJob's this is, from 1: what `executions` is inside Ruby's `perform`.
    ///
    /// Sidekiq's own retries, which begin when `retry_on` has given up, do not count; ``JobContext/attempt`` counts those.
    public var executions: Int { envelope.executions + 1 }
    /// How often each rule has applied before, by the text of its exceptions, such as `[IOError]`.
    public var exceptionExecutions: [String: Int] { envelope.exceptionExecutions }
    /// ActiveJob's id, the same in all attempts.
    public var jobID: String { envelope.jobID ?? "" }
    /// What `provider_job_id` is inside Ruby's `perform`: the jid.
    public var providerJobID: String { job.jid }
    /// The locale to run in.
    public var locale: String? { envelope.locale }
    /// The time zone to run in, by its name in Rails.
    public var timezone: String? { envelope.timezone }
    /// ActiveJob's priority.
    public var priority: Int? { envelope.priority }

    init(_ job: JobContext, _ envelope: ActiveJobEnvelope) {
        self.job = job
        self.envelope = envelope
    }

    /// All that ``JobContext`` has: `jid`, `queue`, `jobs`, `logger` and so on.
    public subscript<Value>(dynamicMember keyPath: KeyPath<JobContext, Value>) -> Value {
        job[keyPath: keyPath]
    }
}
