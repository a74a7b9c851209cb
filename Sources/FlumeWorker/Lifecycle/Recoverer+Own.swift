import Flume
import FlumeRedis
import FlumeStore
import Logging
import Synchronization

/// Jobs that this process is said to have in flight and has not: a Redis that lost data has forgotten that they were settled.
extension Recoverer {
    /// Puts jobs back into their queues that this process is said to run and does not; see ``RecordWatch``.
    func reclaim() async throws(RedisError) {
        let own = claims.tenure
        let strangers = try await store.inflight(of: own) { !isKnown($0) }
        try await putBack(record.note(strangers, at: .now).filter { !isKnown($0) }, from: own)
    }

    /// The same at the end, when nothing is fetched any more: at once, and without a doubt.
    func reclaimAll() async throws(RedisError) {
        let own = claims.tenure
        try await putBack(store.inflight(of: own) { !isKnown($0) }, from: own)
    }

    private func putBack(_ forgotten: [Delivery], from own: Tenure) async throws(RedisError) {
        guard !forgotten.isEmpty else { return }
        let slots = try await slots(heldBy: own.identity)
        // What was taken last goes back first, so that the oldest is the next to run.
        let settlements = forgotten.sorted { $0.sequence > $1.sequence }.map { delivery in
            Settlement(delivery, to: .front(queue: delivery.queue, payload: delivery.payload))
        }
        var waiting = settlements[...]
        var count = 0
        while !waiting.isEmpty {
            pulse.move()
            let call = Array(waiting.prefix(JobStore.callSize(of: waiting.lazy.map(\.byteCount))))
            waiting.removeFirst(call.count)
            let verdicts = try await store.settle(done: [], moved: call, tenure: own, slots: slots).verdicts
            count += verdicts.count { $0 == .arrived }
        }
        guard count > 0 else { return }
        recoveries.add(count, ordering: .relaxed)
        logger.warning(
            "Redis had forgotten that jobs of this process were settled; they run again",
            metadata: [LogKeys.identity: "\(own.identity)", LogKeys.count: "\(count)"])
        events.emit(.recovered(identity: own.identity, count: count))
    }
}
