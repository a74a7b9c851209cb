import FlumeWire
import NIOCore

/// A pipeline at work: what its fetcher, its jobs and whoever steers it share.
final class Lane: Sendable {
    /// What it was set up to be.
    let pipeline: Pipeline
    /// Its free places.
    let slots: Slots
    /// Wakes its fetcher.
    let bell: Bell
    /// Whether it may fetch.
    let gate: LaneGate

    init(_ pipeline: Pipeline, on eventLoop: any EventLoop) {
        self.pipeline = pipeline
        bell = Bell(on: eventLoop)
        slots = Slots(pipeline.room, bell: bell)
        gate = LaneGate(queues: pipeline.queues.map(\.name), bell: bell)
    }

    /// The pipeline as it is now: with the queues it still reads and the concurrency it has now.
    var capsule: CapsuleRecord {
        let subscribed = Set(gate.subscribed)
        let queues = pipeline.queues.filter { subscribed.contains($0.name) }
        // Where jobs wait for company, places are more than what runs at a time.
        let concurrency = pipeline.batchRule == nil ? slots.capacity : pipeline.concurrency
        let now = Pipeline(pipeline.name, queues: queues, concurrency: concurrency)
        return CapsuleRecord(
            name: now.name, concurrency: now.concurrency,
            mode: CapsuleRecord.Mode(rawValue: now.mode.rawValue) ?? .strict,
            queues: queues.map { CapsuleRecord.Queue(name: $0.name, weight: $0.weight) })
    }
}
