/// Where a job goes when it leaves the in-flight record.
package enum Destination: Sendable {
    /// Nowhere: it is done, or discarded.
    case done
    /// To `retry`, due so many seconds from now by Redis's clock.
    case retry(seconds: Double, payload: [UInt8])
    /// To `schedule`, due so many seconds from now by Redis's clock.
    case schedule(seconds: Double, payload: [UInt8])
    /// To `dead`.
    case dead(payload: [UInt8])
    /// To the front of a queue: the next to run. Shutdown and recovery, never a failure.
    case front(queue: String, payload: [UInt8])
    /// To the back of a queue.
    case back(queue: String, payload: [UInt8])
    /// Out of a dead process's hands.
    case recover(Recovery)
}
