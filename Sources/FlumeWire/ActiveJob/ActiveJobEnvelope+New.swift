import FoundationEssentials

/// Making jobs that a Ruby class performs, and the attempts that follow on one.
extension ActiveJobEnvelope {
    /// Makes a new job as Rails 7.1 and later write it; older ones read it as well.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - arguments: its arguments.
    ///   - wrapper: the class around it.
    ///   - jobID: ActiveJob's id; made if nil.
    ///   - queue: the queue.
    ///   - priority: ActiveJob's priority.
    ///   - locale: the locale to run in; nil leaves it to the worker's default.
    ///   - timezone: the time zone to run in, by its name in Rails; nil leaves it to the worker's default.
    ///   - retry: Sidekiq's own retries, which begin when ActiveJob has given up.
    ///   - options: further fields of the payload: what Ruby's `sidekiq_options` on the class would add.
    ///   - now: the time.
    ///   - due: when it is to run, if later.
    /// - Throws: Which argument the Rails that is to read it has no form for.
    public init(
        jobClass: String, arguments: ActiveJobArguments, wrapper: ActiveJobWrapper = .rails, jobID: String? = nil,
        queue: String = "default", priority: Int? = nil, locale: String? = nil, timezone: String? = nil,
        retry: RetrySetting = .default, options: JSONObject = [:], now: Timestamp, due: Timestamp? = nil
    ) throws(ArgumentsError) {
        let job = Self.job(
            jobClass, try arguments.json(), jobID: jobID, queue: queue, priority: priority, locale: locale,
            timezone: timezone, now: now, due: due)
        var fields = options
        fields["wrapped"] = .string(jobClass)
        try self.init(
            JobPayload(
                jobClass: wrapper.rawValue, arguments: [.object(job)], queue: queue, retry: retry, options: fields))
    }

    /// Wraps a plain job: its class and `args` go inside, in ActiveJob's tagged form already, and its other fields
    /// stay.
    ///
    /// - Parameters:
    ///   - plain: the job.
    ///   - now: the time.
    /// - Throws: That it has no class, or no array of arguments.
    package init(wrapping plain: JobPayload, now: Timestamp) throws {
        let jobClass = plain.jobClass ?? ""
        let job = Self.job(jobClass, try plain.arguments(), queue: plain.queue ?? "default", now: now)
        var payload = plain
        payload.set("class", to: .string(ActiveJobWrapper.rails.rawValue))
        payload.set("wrapped", to: .string(jobClass))
        payload.set("args", to: .array([.object(job)]))
        try self.init(payload)
    }

    private static func job(
        _ jobClass: String, _ arguments: [JSONValue], jobID: String? = nil, queue: String, priority: Int? = nil,
        locale: String? = nil, timezone: String? = nil, now: Timestamp, due: Timestamp? = nil
    ) -> JSONObject {
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return [
            "job_class": .string(jobClass),
            "job_id": .string(jobID ?? UUID().uuidString.lowercased()),
            "provider_job_id": nil,
            "queue_name": .string(queue),
            "priority": priority.map { .int($0) } ?? .null,
            "arguments": .array(arguments),
            "executions": 0,
            "exception_executions": [:],
            "locale": text(locale),
            "timezone": text(timezone),
            "enqueued_at": .string(RubyTime(now).description),
            "scheduled_at": text(due.map { RubyTime($0).description }),
        ]
    }

    /// The same job as a new one: with an id and a time of its own.
    ///
    /// - Parameters:
    ///   - argument: put behind its positional arguments, in the place of the last one if that is nil.
    ///   - now: the time.
    /// - Returns: the payload.
    package func renewed(appending argument: JSONValue?, now: Timestamp) -> JobPayload {
        var job = inner
        job.set("job_id", to: .string(UUID().uuidString.lowercased()))
        job.set("enqueued_at", to: .string(RubyTime(now).description))
        if let argument {
            var arguments = inner["arguments"]?.array ?? []
            let keywords = arguments.last?["_aj_ruby2_keywords"] == nil ? nil : arguments.popLast()
            if arguments.last?.isNull == true { arguments.removeLast() }
            job.set("arguments", to: .array(arguments + [argument] + (keywords.map { [$0] } ?? [])))
        }
        var payload = payload
        payload.set("args", toTrusted: [UInt8(ascii: "[")] + job.bytes + [UInt8(ascii: "]")])
        return payload
    }

    /// The job of the next attempt, as `retry_on` enqueues it: the same `job_id`, a jid of its own yet to come, and the
    /// counts raised.
    ///
    /// Every other field stays, a continuation's among them; what Sidekiq wrote about failures goes.
    ///
    /// - Parameters:
    ///   - rule: the text of the exceptions of the rule that applies, such as `[IOError]`.
    ///   - queue: another queue than the job's.
    ///   - priority: another priority than the job's.
    ///   - now: the time.
    ///   - due: when it is to run, if later.
    /// - Returns: the payload, without a jid.
    public func nextAttempt(
        counting rule: String, queue: String? = nil, priority: Int? = nil, now: Timestamp, due: Timestamp?
    ) -> JobPayload {
        var job = inner
        job.set("provider_job_id", to: payload.jid.map { .string($0) } ?? .null)
        job.set("executions", to: .int(executions + 1))
        // Absent before Rails 6.0.
        if var counts = inner["exception_executions"]?.object {
            counts[rule] = .int((exceptionExecutions[rule] ?? 0) + 1)
            job.set("exception_executions", to: .object(counts))
        }
        if let queue { job.set("queue_name", to: .string(queue)) }
        if let priority { job.set("priority", to: .int(priority)) }
        job.set("enqueued_at", to: .string(RubyTime(now).description))
        if inner.rawValue("scheduled_at") != nil {
            job.set("scheduled_at", to: due.map { .string(RubyTime($0).description) } ?? .null)
        }
        var next = payload
        let unit = payload.timestampUnit
        for field in Self.fieldsOfOneAttempt { next.remove(field) }
        if let queue = queue ?? queueName { next.set("queue", to: .string(queue)) }
        next.set("args", toTrusted: [UInt8(ascii: "[")] + job.bytes + [UInt8(ascii: "]")])
        if let unit { next.set("created_at", to: now, unit: unit) }
        return next
    }

    /// What a new push does not take over.
    private static let fieldsOfOneAttempt = [
        "jid", "created_at", "enqueued_at", "retry_count", "failed_at", "retried_at", "error_message", "error_class",
        "error_backtrace",
    ]
}
