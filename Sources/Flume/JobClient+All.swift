import FlumeWire

/// Different jobs, queues and times in one call: Exq's `enqueue_all`.
extension JobClient {
    /// Enqueues jobs of any kind for any queue and time, all of them or none, in one round trip.
    ///
    /// They come into each queue in the order given. The atomic step is Redis's: other clients and workers see all of them
    /// or none of them. Only a unique job whose lock another holds is left out, which its result says.
    ///
    /// - Parameter items: what, and when.
    /// - Returns: for each item what became of it, in the same order.
    /// - Throws: ``BulkError``, which names the item, when one was refused; then none was written. `RedisError` as
    ///   ``enqueue(_:options:)``.
    @discardableResult
    public func enqueueAll(_ items: some Sequence<BulkItem>) async throws -> [BulkResult] {
        var push = PushPreparation(self)
        push.reserveCapacity(items.underestimatedCount)
        for (index, item) in items.enumerated() {
            do {
                let time = try time(of: item.moment, from: push.now)
                let due = time.flatMap { $0 > push.now ? $0 : nil }
                try await push.add(item.makePayload(self, due), at: time)
            } catch {
                throw BulkError(index: index, underlyingError: error)
            }
        }
        guard !push.jids.isEmpty else { return [] }
        try await send(&push)
        return push.results
    }

    private func time(of moment: BulkItem.Moment, from now: Timestamp) throws(ScheduleError) -> Timestamp? {
        switch moment {
        case .now: nil
        case .at(let time): time
        case .after(let delay): try time(after: delay, from: now)
        }
    }
}
