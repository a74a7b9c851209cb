package import FlumeWire

/// A job and where it goes.
package struct Settlement: Sendable {
    package let delivery: Delivery
    package let destination: Destination
    /// The lock it releases in the same step; one that is recovered does so only if it goes to `dead`.
    package let lock: UniqueLock?

    package init(_ delivery: Delivery, to destination: Destination, releasing lock: UniqueLock? = nil) {
        self.delivery = delivery
        self.destination = destination
        self.lock = lock
    }

    /// How many bytes it takes to say where the job goes.
    package var byteCount: Int {
        switch destination {
        case .done: 0
        case .retry(_, let payload), .schedule(_, let payload), .dead(let payload), .front(_, let payload),
            .back(_, let payload):
            payload.count
        case .recover(let recovery): recovery.payload.count + recovery.obituary.count + recovery.delayed.count
        }
    }
}
