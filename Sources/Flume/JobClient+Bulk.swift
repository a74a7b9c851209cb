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
    /// - Returns: for each job its jid, `nil` where a middleware stopped it.
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
    /// - Returns: for each job its jid, `nil` where a middleware stopped it.
    /// - Throws: as ``push(_:at:)``; then none was written.
    @discardableResult
    public func push(_ payloads: [JobPayload], at time: Timestamp? = nil) async throws -> [String?] {
        guard !payloads.isEmpty else { return [] }
        let now = now()
        let stamp = now.json(unit: timestampUnit)
        let schedule = time.flatMap { $0 > now ? $0.seconds : nil }
        var items: [PushItem] = []
        items.reserveCapacity(payloads.count)
        var jids: [String?] = []
        jids.reserveCapacity(payloads.count)
        for payload in payloads {
            try payload.checkStorable(limits: limits)
            var final = payload
            final.complete(stamp: stamp, isEnqueued: schedule == nil && middleware.isEmpty) { jobIDs.next() }
            if !middleware.isEmpty {
                guard let passed = try await pass(final, through: middleware[...]) else {
                    jids.append(nil)
                    continue
                }
                // A middleware may have written anything.
                try passed.checkStorable(limits: limits)
                final = passed
            }
            let queue = final.queue ?? "default"
            if let schedule {
                final.removeEnqueued()
                items.append(PushItem(final.bytes, to: .schedule(at: schedule)))
            } else {
                final.stampEnqueued(stamp)
                items.append(PushItem(final.bytes, to: .queue(queue)))
            }
            jids.append(final.jid)
        }
        try await store.push(items)
        return jids
    }

    private func pass(
        _ payload: JobPayload, through chain: ArraySlice<any ClientMiddleware>
    ) async throws -> JobPayload? {
        guard let outermost = chain.first else { return payload }
        return try await outermost.push(payload) { try await pass($0, through: chain.dropFirst()) }
    }
}
