import Flume
import FlumeWire
import Logging

extension ControlDesk {
    /// The pipelines as they are now.
    var subscriptions: [Subscription] { lanes.current.map(Subscription.init) }

    /// Reads a queue in a pipeline of its own, or changes the concurrency of the pipeline that is its own already.
    func subscribe(to queue: String, concurrency: Int) throws(ControlError) {
        guard !queue.isEmpty else { throw .emptyName }
        guard KeySpace.owner(ofQueue: queue.utf8) == nil else { throw .reservedQueue(queue) }
        guard concurrency > 0 else { throw .concurrency(concurrency) }
        let readers = lanes.current.filter { $0.gate.subscribed.contains(queue) }
        if let own = readers.first(where: { $0.gate.subscribed.count == 1 }) {
            own.resize(to: concurrency)
        } else if let shared = readers.first {
            throw .sharedQueue(queue, pipeline: shared.pipeline.name)
        } else {
            let pipeline = Pipeline(name(for: queue), queue: queue, concurrency: concurrency)
            guard lanes.add(pipeline, prepare: { apply(pauses, to: $0) }) else { throw .stopping }
        }
        announce()
        events.emit(.subscribed(queue: queue, concurrency: concurrency))
        logger.notice(
            "subscribed to a queue", metadata: [LogKeys.queue: "\(queue)", LogKeys.concurrency: "\(concurrency)"])
    }

    /// Reads a queue no more: a pipeline with other queues goes on with those.
    func unsubscribe(from queue: String) throws(ControlError) {
        let readers = lanes.current.filter { $0.gate.subscribed.contains(queue) }
        guard !readers.isEmpty else { throw lanes.isClosed ? .stopping : .unknownQueue(queue, known: queues) }
        leave(queue, readers)
    }

    /// Reads no queue any more.
    func unsubscribeAll() {
        for queue in queues { leave(queue, lanes.current.filter { $0.gate.subscribed.contains(queue) }) }
    }

    private func leave(_ queue: String, _ readers: [Lane]) {
        for lane in readers {
            lane.admission?.keyed?.leave(queue)
            lane.gate.close(queue)
            if lane.gate.subscribed.isEmpty { lanes.leave(lane) }
        }
        announce()
        events.emit(.unsubscribed(queue: queue))
        logger.notice("unsubscribed from a queue", metadata: [LogKeys.queue: "\(queue)"])
    }

    /// The queue's own name, or one like it when a pipeline has that.
    private func name(for queue: String) -> String {
        let taken = Set(lanes.current.map(\.pipeline.name))
        var name = queue
        while taken.contains(name) { name = "queue:" + name }
        return name
    }
}
