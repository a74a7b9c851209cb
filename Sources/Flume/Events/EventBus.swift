import Synchronization

/// Hands events to observers, none of which can slow down what it observes.
///
/// Each observer has a buffer of its own. When it reads more slowly than events come, it loses the oldest ones, and nobody
/// waits for it.
public final class EventBus: Sendable {
    private typealias Continuation = AsyncStream<FlumeEvent>.Continuation

    private struct State {
        var nextID = 0
        var observers: [Int: Continuation] = [:]
    }

    private let state = Mutex(State())
    /// Read for every event, so that one nobody wants costs next to nothing.
    private let hasObservers = Atomic(false)

    /// Makes a bus that nobody observes yet.
    public init() {}

    /// Whether anybody observes.
    public var isObserved: Bool { hasObservers.load(ordering: .relaxed) }

    /// Tells every observer of an event.
    ///
    /// Never waits. The event is not even made when nobody observes.
    public func emit(_ event: @autoclosure () -> FlumeEvent) {
        guard isObserved else { return }
        let event = event()
        let observers = state.withLock { Array($0.observers.values) }
        for observer in observers { observer.yield(event) }
    }

    /// Observes from now on.
    ///
    /// - Parameter limit: how many events are kept that the caller has not read yet; the oldest are lost first.
    /// - Returns: the events. It observes until it is released, or the task that reads it is cancelled.
    public func events(bufferingNewest limit: Int = 4096) -> AsyncStream<FlumeEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: FlumeEvent.self, bufferingPolicy: .bufferingNewest(max(1, limit)))
        let id = state.withLock { state in
            state.nextID += 1
            state.observers[state.nextID] = continuation
            hasObservers.store(true, ordering: .relaxed)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return stream
    }

    private func remove(_ id: Int) {
        state.withLock { state in
            state.observers[id] = nil
            hasObservers.store(!state.observers.isEmpty, ordering: .relaxed)
        }
    }
}
