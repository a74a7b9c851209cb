/// One job of a bulk was refused, so none was written.
public struct BulkError: Error, Sendable, CustomStringConvertible {
    /// Its place in the bulk, from 0.
    public let index: Int
    /// What was wrong with it: a ``PayloadError``, an `ArgumentsError`, a ``ScheduleError``, or what a middleware threw.
    public let underlyingError: any Error

    /// Which, and why.
    public var description: String {
        "item \(index) of the bulk was refused, and nothing was written: \(underlyingError)"
    }
}
