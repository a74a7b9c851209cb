public import Flume
public import FlumeWire

/// Jobs that a Ruby ActiveJob class performs: `perform_later`.
extension JobClient {
    /// Enqueues an ActiveJob job to run as soon as possible.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - options: in place of the type's own.
    /// - Returns: its ids; `nil` when a middleware stopped it.
    /// - Throws: `RedisError`, ``PayloadError``, `ArgumentsError`; what a middleware threw.
    @discardableResult
    public func enqueue<J: ActiveJob>(_ job: J, options: ActiveJobOptions? = nil) async throws -> EnqueuedActiveJob? {
        try await enqueue(contentsOf: [job], options: options).first ?? nil
    }

    /// Enqueues an ActiveJob job to run after a span of time: `set(wait:)`.
    ///
    /// Not positive: as soon as possible. Returns and throws as the call without it.
    @discardableResult
    public func enqueue<J: ActiveJob>(
        _ job: J, after delay: Duration, options: ActiveJobOptions? = nil
    ) async throws -> EnqueuedActiveJob? {
        try await enqueue(job, at: time(after: delay, from: currentTime), options: options)
    }

    /// Enqueues an ActiveJob job to run at a time: `set(wait_until:)`.
    ///
    /// Past: as soon as possible. Returns and throws as the call without it.
    @discardableResult
    public func enqueue<J: ActiveJob>(
        _ job: J, at time: Timestamp, options: ActiveJobOptions? = nil
    ) async throws -> EnqueuedActiveJob? {
        try await enqueue(contentsOf: [job], at: time, options: options).first ?? nil
    }

    /// Enqueues ActiveJob jobs in order, all of them or none, in one round trip: `perform_all_later`.
    ///
    /// - Parameters:
    ///   - jobs: the jobs.
    ///   - time: when to run them; `nil`, or a time that has passed: as soon as possible.
    ///   - options: in place of the type's own. A `jid` among them is ignored for more than one job.
    /// - Returns: for each job its ids, `nil` where a middleware stopped it.
    /// - Throws: as ``enqueue(_:options:)``; then none was written.
    @discardableResult
    public func enqueue<J: ActiveJob>(
        contentsOf jobs: some Collection<J>, at time: Timestamp? = nil, options: ActiveJobOptions? = nil
    ) async throws -> [EnqueuedActiveJob?] {
        var options = options ?? J.options
        if jobs.count > 1 { options.sidekiq.jid = nil }
        let now = currentTime
        let due = time.flatMap { $0 > now ? $0 : nil }
        return try await pushActiveJobs(jobs.map { try options.makePayload($0, now: now, due: due) }, at: due)
    }

    /// Enqueues a job of an ActiveJob class that has no Swift type.
    ///
    /// ```swift
    /// try await jobs.enqueue(activeJob: "ReportJob", arguments: [7, .hash(.keywords(["format": .symbol("pdf")]))])
    /// ```
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - arguments: its arguments; keyword arguments are the last.
    ///   - time: when to run it; `nil`, or a time that has passed: as soon as possible.
    ///   - options: ActiveJob's and Sidekiq's options.
    ///   - coding: for which Rails it is.
    /// - Returns: its ids; `nil` when a middleware stopped it.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueue(
        activeJob jobClass: String, arguments: [ActiveJobValue] = [], at time: Timestamp? = nil,
        options: ActiveJobOptions = ActiveJobOptions(), coding: ActiveJobCoding = ActiveJobCoding()
    ) async throws -> EnqueuedActiveJob? {
        let now = currentTime
        let due = time.flatMap { $0 > now ? $0 : nil }
        let arguments = ActiveJobArguments(arguments, coding: coding)
        let payload = try options.makePayload(jobClass, arguments, now: now, due: due)
        return try await pushActiveJobs([payload], at: due).first ?? nil
    }

    /// Enqueues a mail for ActionMailer to deliver: `deliver_later`.
    ///
    /// - Parameters:
    ///   - mail: which mailer, which method, and with what.
    ///   - time: when to deliver it; `nil`, or a time that has passed: as soon as possible.
    ///   - options: ActiveJob's and Sidekiq's options. Rails 6.0 and older applications have mails in the queue `mailers`.
    ///   - coding: for which Rails it is.
    /// - Returns: its ids; `nil` when a middleware stopped it.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueue(
        _ mail: MailDelivery, at time: Timestamp? = nil, options: ActiveJobOptions = ActiveJobOptions(),
        coding: ActiveJobCoding = ActiveJobCoding()
    ) async throws -> EnqueuedActiveJob? {
        try await enqueue(
            activeJob: MailDelivery.jobClasses[0], arguments: mail.jobArguments, at: time, options: options,
            coding: coding)
    }

    private func pushActiveJobs(_ payloads: [JobPayload], at due: Timestamp?) async throws -> [EnqueuedActiveJob?] {
        let jids = try await push(payloads, at: due)
        return try zip(payloads, jids).map { payload, jid in
            guard let jid else { return nil }
            return EnqueuedActiveJob(jobID: try ActiveJobEnvelope(payload).jobID ?? "", jid: jid)
        }
    }
}
