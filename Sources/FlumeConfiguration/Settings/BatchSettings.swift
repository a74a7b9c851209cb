/// How jobs of a pipeline are put together for one call of their handler.
public struct BatchSettings: Sendable, Hashable {
    /// How many jobs make a full batch; at least 1.
    ///
    /// Elixir Flume's `batch_size`.
    public var size: Int
    /// How long the first job of a batch waits for others.
    public var timeout: Duration

    /// Makes a rule.
    public init(size: Int, timeout: Duration = .seconds(1)) {
        self.size = size
        self.timeout = timeout
    }
}
