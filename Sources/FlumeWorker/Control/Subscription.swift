/// A pipeline of a running worker, as it is now.
public struct Subscription: Sendable, Hashable {
    /// Its name.
    public var pipeline: String
    /// The queues it reads, in order.
    public var queues: [String]
    /// How many jobs it runs at a time.
    public var concurrency: Int
    /// How many jobs it runs now.
    public var running: Int
    /// Whether the pipeline is paused, here or in every process.
    ///
    /// Of a paused queue it says nothing.
    public var isPaused: Bool

    /// Describes a pipeline.
    public init(pipeline: String, queues: [String], concurrency: Int, running: Int, isPaused: Bool) {
        self.pipeline = pipeline
        self.queues = queues
        self.concurrency = concurrency
        self.running = running
        self.isPaused = isPaused
    }
}

extension Subscription {
    init(_ lane: Lane) {
        self.init(
            pipeline: lane.pipeline.name, queues: lane.gate.subscribed, concurrency: lane.concurrency,
            running: lane.slots.taken, isPaused: !lane.gate.isOpen)
    }
}
