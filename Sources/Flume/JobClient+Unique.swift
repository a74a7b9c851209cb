public import FlumeWire

/// Unique jobs, and who is in the way of them: Exq's `{:conflict, jid}`.
///
/// Every way to enqueue takes the lock of a job that is unique; these also say who holds it. Only the ticks of a periodic job
/// take none: they are enqueued once anyway.
extension JobClient {
    /// Enqueues a job unless another job holds its lock; both in one atomic step.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - uniqueness: in place of what the options say of it.
    ///   - time: when to run it; `nil`, or a time that has passed: as soon as possible. The lock lasts its span from then.
    ///   - options: in place of the type's own.
    /// - Returns: its jid, or that of the job that holds the lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueueUnique<J: Job>(
        _ job: J, as uniqueness: Uniqueness? = nil, at time: Timestamp? = nil, options: JobOptions? = nil
    ) async throws -> BulkResult {
        var options = options ?? J.options
        options.unique = uniqueness ?? options.unique
        return try await pushUnique(makePayload(job, options), at: time)
    }

    /// Enqueues a job to run after a span of time, unless another job holds its lock.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - uniqueness: in place of what the options say of it.
    ///   - delay: how long it waits; not positive: not at all. The lock lasts its span from then.
    ///   - options: in place of the type's own.
    /// - Returns: its jid, or that of the job that holds the lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueueUnique<J: Job>(
        _ job: J, as uniqueness: Uniqueness? = nil, after delay: Duration, options: JobOptions? = nil
    ) async throws -> BulkResult {
        try await enqueueUnique(job, as: uniqueness, at: time(after: delay, from: now()), options: options)
    }

    /// Enqueues a raw payload unless another job holds its lock.
    ///
    /// - Parameters:
    ///   - payload: with `class` and `args`; unique when it has `unique_for`.
    ///   - uniqueness: in place of what its fields say of it.
    ///   - time: when to run it; `nil`, or a time that has passed: as soon as possible. The lock lasts its span from then.
    /// - Returns: its jid, or that of the job that holds the lock.
    /// - Throws: as ``push(_:at:)``.
    @discardableResult
    public func pushUnique(
        _ payload: JobPayload, as uniqueness: Uniqueness? = nil, at time: Timestamp? = nil
    ) async throws -> BulkResult {
        var payload = payload
        if let uniqueness { payload.makeUnique(uniqueness) }
        var push = PushPreparation(self)
        try await push.add(payload, at: time)
        try await send(&push)
        return push.results[0]
    }
}
