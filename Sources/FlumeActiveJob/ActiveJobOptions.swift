public import Flume
public import FlumeWire

/// Options of an ActiveJob job: what Ruby declares on the class, or says with `set`.
public struct ActiveJobOptions: Sendable, Hashable {
    /// The queue: Ruby's `queue_as`.
    public var queue: String
    /// The priority, which Sidekiq does not heed: Ruby's `queue_with_priority`.
    public var priority: Int?
    /// The locale the job is to run in; nil leaves it to the worker's default.
    public var locale: String?
    /// The time zone the job is to run in, by its name in Rails; nil leaves it to the worker's default.
    public var timezone: String?
    /// The class that wraps the job in a payload.
    public var wrapper: ActiveJobWrapper
    /// What Ruby writes as `sidekiq_options`: Sidekiq's own retries, tags and so on.
    ///
    /// The queue in them does not count.
    public var sidekiq: JobOptions

    /// Makes options; each has ActiveJob's default.
    public init(
        queue: String = "default", priority: Int? = nil, locale: String? = nil, timezone: String? = nil,
        wrapper: ActiveJobWrapper = .rails, sidekiq: JobOptions = JobOptions()
    ) {
        self.queue = queue
        self.priority = priority
        self.locale = locale
        self.timezone = timezone
        self.wrapper = wrapper
        self.sidekiq = sidekiq
    }

    /// The payload of a typed job with these options.
    package func makePayload<J: ActiveJob>(
        _ job: J, now: Timestamp, due: Timestamp?, jobID: String? = nil
    ) throws(ArgumentsError) -> JobPayload {
        let arguments = try ActiveJobArguments(encoding: job, coding: J.coding)
        return try makePayload(J.jobClass, arguments, now: now, due: due, jobID: jobID)
    }

    /// The payload of a job with these options.
    func makePayload(
        _ jobClass: String, _ arguments: ActiveJobArguments, now: Timestamp, due: Timestamp?, jobID: String? = nil
    ) throws(ArgumentsError) -> JobPayload {
        var payload = try ActiveJobEnvelope(
            jobClass: jobClass, arguments: arguments, wrapper: wrapper, jobID: jobID, queue: queue, priority: priority,
            locale: locale, timezone: timezone, retry: sidekiq.retry, options: sidekiq.fields, now: now, due: due
        ).payload
        if let jid = sidekiq.jid { payload.set("jid", to: .string(jid)) }
        return payload
    }
}
