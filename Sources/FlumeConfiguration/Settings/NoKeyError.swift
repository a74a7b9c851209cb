/// What stands at an ``ArgumentPath`` of a job is nothing that could be a key; the job fails with it.
public struct NoKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place.
    public let path: String
    /// What is there.
    public let found: String

    /// Names the place, and what a key can be.
    public var description: String {
        "\(path): found \(found), expected text or a number: it is the key of a limit or of a batch"
    }
}
