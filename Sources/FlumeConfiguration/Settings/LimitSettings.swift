public import FlumeWorker

/// A limit of a pipeline as a file or the environment describes it.
public struct LimitSettings: Sendable, Hashable {
    /// Kind, numbers and key.
    public var limit: RateLimit
    /// Where the key of a job stands, if the limit holds for each key by itself; nil for one of all jobs together.
    public var by: ArgumentPath?

    /// Makes the settings of a limit.
    public init(_ limit: RateLimit, by: ArgumentPath? = nil) {
        self.limit = limit
        self.by = by
    }
}
