import Synchronization

/// Hands events to observers, none of which can slow down what it observes.
///
/// Each observer has a buffer of its own. When it reads more slowly than events come, it loses the oldest ones, and nobody
/// waits for it.
///
/// ```swift
/// let observation = configuration.events.observe { event in
///     if case .died(let job, let error) = event { await pager.page("\(job.jobClass) died: \(error)") }
/// }
/// ```
public final class EventBus: Sendable {
    /// An observer's buffer, and what became too much for it.
    private struct Listener {
        let id: Int
        let continuation: AsyncStream<FlumeEvent>.Continuation
        let onLoss: @Sendable () -> Void
    }

    private struct State {
        var nextID = 0
        var listeners: [Listener] = []
    }

    private let state = Mutex(State())
    /// Read for every event, so that one nobody wants costs next to nothing.
    private let hasObservers = Atomic(false)

    /// Makes a bus that nobody observes yet.
    public init() {}

    deinit {
        for listener in state.withLock({ $0.listeners }) { listener.continuation.finish() }
    }

    /// Whether anybody observes.
    ///
    /// Ask before doing work that only an event needs.
    public var isObserved: Bool { hasObservers.load(ordering: .relaxed) }

    /// Tells every observer of an event.
    ///
    /// Never waits. The event is not even made when nobody observes.
    public func emit(_ event: @autoclosure () -> FlumeEvent) {
        guard isObserved else { return }
        let event = event()
        for listener in state.withLock({ $0.listeners }) {
            if case .dropped = listener.continuation.yield(event) { listener.onLoss() }
        }
    }

    /// Observes from now on, as a sequence.
    ///
    /// - Parameter limit: how many events are kept that the caller has not read yet; the oldest are lost first.
    /// - Returns: the events. It observes until it is released, or the task that reads it is cancelled; it ends with the bus.
    public func events(bufferingNewest limit: Int = 4096) -> AsyncStream<FlumeEvent> {
        listen(limit) {}.stream
    }

    /// Adds a listener.
    ///
    /// `onLoss` is called for each event that it lost.
    func listen(
        _ limit: Int, onLoss: @escaping @Sendable () -> Void
    ) -> (stream: AsyncStream<FlumeEvent>, continuation: AsyncStream<FlumeEvent>.Continuation) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: FlumeEvent.self, bufferingPolicy: .bufferingNewest(max(1, limit)))
        let id = state.withLock { state in
            state.nextID += 1
            state.listeners.append(Listener(id: state.nextID, continuation: continuation, onLoss: onLoss))
            hasObservers.store(true, ordering: .relaxed)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return (stream, continuation)
    }

    private func remove(_ id: Int) {
        // Released outside the lock: the end of a listener's closure may be the end of anything.
        let removed = state.withLock { state -> [Listener] in
            let removed = state.listeners.filter { $0.id == id }
            state.listeners.removeAll { $0.id == id }
            hasObservers.store(!state.listeners.isEmpty, ordering: .relaxed)
            return removed
        }
        _ = removed
    }
}
