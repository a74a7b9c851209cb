/// A namespace did not become idle in time.
public struct NotIdleError: Error, Sendable, CustomStringConvertible {
    /// How many jobs still wait in queues.
    public let waiting: Int
    /// How many are still in flight.
    public let running: Int

    /// How many jobs are left.
    public var description: String { "\(waiting) jobs still wait in queues and \(running) are in flight" }
}
