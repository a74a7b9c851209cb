public import Flume
public import FlumeWire

/// Unique ActiveJob jobs, and who is in the way of them.
///
/// What has to be the same in two of them is queue, class and arguments, unless a token is given: `job_id` and times
/// differ in each.
extension JobClient {
    /// Enqueues an ActiveJob job unless another job holds its lock; both in one atomic step.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - uniqueness: in place of what its `sidekiq` options say of it.
    ///   - time: when to run it; `nil`, or a time that has passed: as soon as possible. The lock lasts its span from
    ///     then.
    ///   - options: in place of the type's own.
    /// - Returns: its jid, or that of the job that holds the lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueueUnique<J: ActiveJob>(
        _ job: J, as uniqueness: Uniqueness? = nil, at time: Timestamp? = nil, options: ActiveJobOptions? = nil
    ) async throws -> BulkResult {
        let now = currentTime
        let due = time.flatMap { $0 > now ? $0 : nil }
        let payload = try (options ?? J.options).makePayload(job, now: now, due: due)
        return try await pushUnique(payload, as: uniqueness, at: due)
    }

    /// Enqueues an ActiveJob job to run after a span of time, unless another job holds its lock.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - uniqueness: in place of what its `sidekiq` options say of it.
    ///   - delay: how long it waits; not positive: not at all. The lock lasts its span from then.
    ///   - options: in place of the type's own.
    /// - Returns: its jid, or that of the job that holds the lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueueUnique<J: ActiveJob>(
        _ job: J, as uniqueness: Uniqueness? = nil, after delay: Duration, options: ActiveJobOptions? = nil
    ) async throws -> BulkResult {
        try await enqueueUnique(job, as: uniqueness, at: time(after: delay, from: currentTime), options: options)
    }

    /// Enqueues a job of an ActiveJob class that has no Swift type, unless another job holds its lock.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - arguments: its arguments; keyword arguments are the last.
    ///   - uniqueness: in place of what the `sidekiq` options say of it.
    ///   - time: when to run it; `nil`, or a time that has passed: as soon as possible. The lock lasts its span from
    ///     then.
    ///   - options: ActiveJob's and Sidekiq's options.
    ///   - coding: for which Rails it is.
    /// - Returns: its jid, or that of the job that holds the lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueueUnique(
        activeJob jobClass: String, arguments: [ActiveJobValue] = [], as uniqueness: Uniqueness? = nil,
        at time: Timestamp? = nil, options: ActiveJobOptions = ActiveJobOptions(),
        coding: ActiveJobCoding = ActiveJobCoding()
    ) async throws -> BulkResult {
        let now = currentTime
        let due = time.flatMap { $0 > now ? $0 : nil }
        let arguments = ActiveJobArguments(arguments, coding: coding)
        let payload = try options.makePayload(jobClass, arguments, now: now, due: due)
        return try await pushUnique(payload, as: uniqueness, at: due)
    }
}
