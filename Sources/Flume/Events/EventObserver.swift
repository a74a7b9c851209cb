/// Somebody who is told of events.
///
/// It is called in a task of its own, with one event after the other. It may take its time: what comes meanwhile waits in
/// its buffer.
public protocol EventObserver: Sendable {
    /// Something happened.
    func observe(_ event: FlumeEvent) async
}

/// Attaching observers.
extension EventBus {
    /// Tells an observer of everything that happens from now on.
    ///
    /// - Parameters:
    ///   - observer: who is told.
    ///   - limit: how many events wait for it at most; the oldest are lost first, and counted.
    /// - Returns: the observation, to end it and to see how many events it lost. Without it the observer stays attached for
    ///   as long as the bus lives.
    @discardableResult
    public func attach(_ observer: any EventObserver, bufferingNewest limit: Int = 4096) -> EventObservation {
        observe(bufferingNewest: limit) { await observer.observe($0) }
    }

    /// Calls a closure for everything that happens from now on, in a task of its own, one event after the other.
    ///
    /// - Parameters:
    ///   - limit: how many events wait for it at most; the oldest are lost first, and counted.
    ///   - body: what to do with an event.
    /// - Returns: the observation, to end it and to see how many events it lost. Without it the closure stays attached for
    ///   as long as the bus lives.
    @discardableResult
    public func observe(
        bufferingNewest limit: Int = 4096, _ body: @escaping @Sendable (FlumeEvent) async -> Void
    ) -> EventObservation {
        EventObservation(of: self, limit, body)
    }
}
