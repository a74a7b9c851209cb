import FlumeRedis
import FlumeWire
import NIOCore
import Synchronization

/// A pipeline at work: what its fetcher, its jobs and whoever steers it share.
final class Lane: Sendable {
    /// What it was set up to be.
    let pipeline: Pipeline
    /// Its free places.
    let slots: Slots
    /// Wakes its fetcher.
    let bell: Bell
    /// Whether its fetcher moves.
    let pulse: Pulse
    /// Whether it may fetch.
    let gate: LaneGate
    /// What it runs that does not end when it should.
    let stuckCalls = StuckCalls()
    /// Its limits; `nil` where there are none.
    let admission: Admission?
    private let width: Mutex<Int>

    /// `admission` makes what asks the limits, given the bell that wakes the fetcher.
    init(_ pipeline: Pipeline, on eventLoop: any EventLoop, admission: (Bell) -> Admission? = { _ in nil }) {
        self.pipeline = pipeline
        width = Mutex(pipeline.concurrency)
        bell = Bell(on: eventLoop)
        pulse = Pulse("fetch:\(pipeline.name)")
        slots = Slots(pipeline.room(concurrency: pipeline.concurrency), bell: bell)
        gate = LaneGate(queues: pipeline.queues.map(\.name), bell: bell)
        self.admission = admission(bell)
    }

    /// How many jobs, or batches, run at a time.
    var concurrency: Int { width.withLock { $0 } }

    /// Changes how many run at a time; what runs beyond that comes to its end.
    func resize(to concurrency: Int) {
        width.withLock { $0 = concurrency }
        slots.resize(to: pipeline.room(concurrency: concurrency))
    }

    /// The pipeline as it is now: with the queues it still reads and the concurrency it has now.
    var capsule: CapsuleRecord {
        let subscribed = Set(gate.subscribed)
        let queues = pipeline.queues.filter { subscribed.contains($0.name) }
        let now = Pipeline(pipeline.name, queues: queues, concurrency: concurrency)
        return CapsuleRecord(
            name: now.name, concurrency: now.concurrency,
            mode: CapsuleRecord.Mode(rawValue: now.mode.rawValue) ?? .strict,
            queues: queues.map { CapsuleRecord.Queue(name: $0.name, weight: $0.weight) })
    }
}
