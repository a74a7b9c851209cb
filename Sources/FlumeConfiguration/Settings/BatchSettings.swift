import FlumeWorker

/// How jobs of a pipeline are put together for one call of their handler.
public struct BatchSettings: Sendable, Hashable {
    /// How many jobs make a full batch; at least 1.
    ///
    /// Elixir Flume's `batch_size`.
    public var size: Int
    /// How long the first job of a batch waits for others.
    public var timeout: Duration
    /// Where the key of a job stands, if only jobs of one key go together; those without are a group of their own.
    public var by: ArgumentPath?

    /// Makes a rule.
    public init(size: Int, timeout: Duration = .seconds(1), by: ArgumentPath? = nil) {
        self.size = size
        self.timeout = timeout
        self.by = by
    }

    var rule: BatchRule {
        guard let by else { return BatchRule(size: size, timeout: timeout) }
        return BatchRule(size: size, timeout: timeout) { payload in try by.key(of: payload) ?? "" }
    }
}
