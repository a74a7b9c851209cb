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

    /// Enqueues raw payloads in order, all of them or none, in one round trip. They may go to different queues.
    ///
    /// - Parameters:
    ///   - payloads: each with `class` and `args`.
    ///   - time: when to run them; `nil`, or a time that has passed: as soon as possible.
    /// - Returns: for each job its jid, `nil` where a middleware stopped it.
    /// - Throws: as ``push(_:at:)``; then none was written.
    @discardableResult
    public func push(_ payloads: [JobPayload], at time: Timestamp? = nil) async throws -> [String?] {
        let now = now()
        let schedule = time.flatMap { $0 > now ? $0.seconds : nil }
        var items: [PushItem] = []
        items.reserveCapacity(payloads.count)
        var jids: [String?] = []
        jids.reserveCapacity(payloads.count)
        var generator = SystemRandomNumberGenerator()
        for payload in payloads {
            let complete = try completed(payload, at: now, using: &generator)
            guard var final = try await pass(complete, through: middleware[...]) else {
                jids.append(nil)
                continue
            }
            // Middleware can make of a job what nobody could read.
            if !middleware.isEmpty { try final.checkStorable(limits: limits) }
            let queue = final.queue ?? "default"
            guard !queue.isEmpty else {
                throw PayloadError(
                    .invalidValue, "The job's \"queue\" is empty. Give it a name, or leave the field out.")
            }
            if let schedule {
                final.remove("enqueued_at")
                items.append(PushItem(final.bytes, to: .schedule(at: schedule)))
            } else {
                final.set("enqueued_at", to: now, unit: timestampUnit)
                items.append(PushItem(final.bytes, to: .queue(queue)))
            }
            jids.append(final.jid)
        }
        try await store.push(items)
        return jids
    }

    /// What Sidekiq's client adds before its middleware runs, and what it refuses.
    private func completed(
        _ payload: JobPayload, at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(PayloadError) -> JobPayload {
        try payload.checkStorable(limits: limits)
        var payload = payload
        if payload.queue == nil { payload.set("queue", to: "default") }
        if payload.rawValue("retry") == nil { payload.set("retry", to: true) }
        if payload.jid == nil { payload.set("jid", to: .string(JobID.make(using: &generator))) }
        if payload.rawValue("created_at") == nil { payload.set("created_at", to: now, unit: timestampUnit) }
        if payload.rawValue("at") != nil { payload.remove("at") }
        return payload
    }

    private func pass(
        _ payload: JobPayload, through chain: ArraySlice<any ClientMiddleware>
    ) async throws -> JobPayload? {
        guard let outermost = chain.first else { return payload }
        return try await outermost.push(payload) { try await pass($0, through: chain.dropFirst()) }
    }
}
