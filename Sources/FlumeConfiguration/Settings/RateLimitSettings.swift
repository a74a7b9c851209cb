/// How many jobs of a pipeline may start in how long.
public struct RateLimitSettings: Sendable, Hashable {
    /// How many jobs start in any window; at least 1.
    ///
    /// Elixir Flume's `rate_limit_count`.
    public var count: Int
    /// The length of the window.
    ///
    /// Elixir Flume's `rate_limit_scale`.
    public var scale: Duration
    /// The name under which pipelines, processes and machines share the limit; nil for this pipeline's own name.
    ///
    /// Elixir Flume's `rate_limit_key`.
    public var key: String?

    /// Makes a limit.
    public init(count: Int, per scale: Duration, key: String? = nil) {
        self.count = count
        self.scale = scale
        self.key = key
    }
}
