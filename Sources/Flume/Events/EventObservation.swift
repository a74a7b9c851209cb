import Synchronization

/// An observer at work: how to end it, and how many events it was too slow for.
public final class EventObservation: Sendable {
    private let losses: Losses
    private let continuation: AsyncStream<FlumeEvent>.Continuation
    private let task: Task<Void, Never>

    /// Apart from the observation, so that the bus does not keep it alive.
    private final class Losses: Sendable {
        let count = Atomic(0)
    }

    init(of bus: EventBus, _ limit: Int, _ body: @escaping @Sendable (FlumeEvent) async -> Void) {
        let losses = Losses()
        let (stream, continuation) = bus.listen(limit) { losses.count.add(1, ordering: .relaxed) }
        self.losses = losses
        self.continuation = continuation
        // Not a child of whoever attaches it: that may be a request, and the observer is to outlive it.
        task = Task.detached {
            for await event in stream { await body(event) }
        }
    }

    /// How many events it lost because its buffer was full.
    public var lostEvents: Int { losses.count.load(ordering: .relaxed) }

    /// Ends it at once.
    ///
    /// What is in the buffer is dropped, and the observer's task is cancelled.
    public func cancel() {
        continuation.finish()
        task.cancel()
    }

    /// Takes no more events, and returns when the observer is through with those in its buffer.
    public func finish() async {
        continuation.finish()
        await task.value
    }
}
