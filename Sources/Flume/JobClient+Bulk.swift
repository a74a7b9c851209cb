import FlumeStore
public import FlumeWire

/// Many jobs in one call. Sidekiq's `push_bulk`, but all or nothing.
extension JobClient {
    /// Enqueues jobs in order, all of them or none, in one round trip.
    ///
    /// - Parameters:
    ///   - jobs: the jobs.
    ///   - time: when to run them; `nil`, or a time that has passed: as soon as possible.
    ///   - options: in place of the type's own. A `jid` in them is ignored: each job gets its own.
    /// - Returns: for each job its jid, `nil` where a middleware stopped it or another job holds its lock.
    /// - Throws: as ``enqueue(_:options:)``; then none was written.
    @discardableResult
    public func enqueue<J: Job>(
        contentsOf jobs: some Sequence<J>, at time: Timestamp? = nil, options: JobOptions? = nil
    ) async throws -> [String?] {
        var options = options ?? J.options
        options.jid = nil
        let payloads = try jobs.map { try makePayload($0, options) }
        return try await push(payloads, at: time)
    }

    /// Enqueues raw payloads in order, all of them or none, in one round trip.
    ///
    /// They may go to different queues.
    ///
    /// - Parameters:
    ///   - payloads: each with `class` and `args`.
    ///   - time: when to run them; `nil`, or a time that has passed: as soon as possible.
    /// - Returns: for each job its jid, `nil` where a middleware stopped it or another job holds its lock.
    /// - Throws: as ``push(_:at:)``; then none was written.
    @discardableResult
    public func push(_ payloads: [JobPayload], at time: Timestamp? = nil) async throws -> [String?] {
        guard !payloads.isEmpty else { return [] }
        var push = PushPreparation(self)
        push.reserveCapacity(payloads.count)
        for payload in payloads { try await push.add(payload, at: time) }
        try await send(&push)
        return push.jids
    }

    /// Writes what was prepared, all of it that is not in conflict or nothing, and says so.
    func send(_ push: inout PushPreparation) async throws {
        push.withdraw(try await target.push(push.items))
        if events.isObserved { push.report(to: events) }
    }
}
