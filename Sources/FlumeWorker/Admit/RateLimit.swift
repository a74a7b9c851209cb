import FlumeStore

/// How many jobs may start in a time, or run at a time.
///
/// Processes that use the same key share one limit, wherever they run: it is kept in Redis, on Redis's clock.
///
/// ```swift
/// Pipeline("ses", queue: "mailers", concurrency: 20)
///     .rateLimit(400, per: .seconds(1), key: "ses")
///     .maxInCluster(5)
/// ```
public struct RateLimit: Sendable, Hashable {
    let numbers: Limit.Numbers
    /// What it is shared under; `nil` for the name of its pipeline.
    public let key: String?
    /// Whether it counts in this process alone.
    public let isLocal: Bool
    private let scale: Duration

    private init(
        _ kind: Limit.Kind, _ count: Int, per scale: Duration, burst: Int = 1, key: String?, isLocal: Bool = false
    ) {
        numbers = Limit.Numbers(kind, count: count, scale: scale.wholeMicroseconds, burst: burst)
        self.key = key
        self.isLocal = isLocal
        self.scale = scale
    }

    /// At most `count` starts in any length of time of `scale`.
    ///
    /// Exact, whatever the number of processes: no window of that length, wherever it begins, has more.
    public static func slidingWindow(_ count: Int, per scale: Duration, key: String? = nil) -> RateLimit {
        RateLimit(.window, count, per: scale, key: key)
    }

    /// `rate` starts per `scale` on average, and up to `burst` at once after a rest (GCRA).
    ///
    /// In any length of time t no more than `burst + rate * t / scale` are admitted.
    public static func tokenBucket(rate: Int, per scale: Duration, burst: Int = 1, key: String? = nil) -> RateLimit {
        RateLimit(.bucket, rate, per: scale, burst: burst, key: key)
    }

    /// One start each `scale / rate`, evenly spaced, and none saved up for later.
    public static func leakyBucket(_ rate: Int, per scale: Duration, key: String? = nil) -> RateLimit {
        RateLimit(.bucket, rate, per: scale, key: key)
    }

    /// At most `count` jobs at a time, in all processes together.
    ///
    /// A slot is given back in the step in which its job leaves the in-flight record, also when its process died and
    /// another recovers its jobs. It has a name of its own beside rates of the same key: `<key>:slots`.
    public static func concurrency(_ count: Int, key: String? = nil) -> RateLimit {
        RateLimit(.slots, count, per: .seconds(1), key: key)
    }

    /// The same limit for this process alone, without Redis.
    ///
    /// Whoever uses the same key in this process shares it: pipelines of all its workers, and every ``Limiter``. Its clock is
    /// the process's own. A start that comes so late that it has to ask again counts twice.
    public static func local(_ limit: RateLimit) -> RateLimit {
        RateLimit(
            limit.numbers.kind, limit.numbers.count, per: limit.scale, burst: limit.numbers.burst, key: limit.key,
            isLocal: true)
    }

    /// The name under which it is kept, for a pipeline of this name.
    func name(in pipeline: String) -> String {
        let key = key ?? pipeline
        return numbers.kind == .slots ? "\(key):slots" : key
    }

    /// What is wrong with it, in words; `nil` when it can be used.
    var problem: String? {
        if numbers.count <= 0 { return "a limit of \(numbers.count): the count must be at least 1" }
        if numbers.scale <= 0 { return "a limit per \(scale): the time must be at least a microsecond" }
        if scale > Limit.longestTime { return "a limit per \(scale): the time must be at most a year" }
        if numbers.burst <= 0 { return "a burst of \(numbers.burst): it must be at least 1" }
        if key == "" { return "a limit with an empty key: leave the key out to use the pipeline's name" }
        if isLocal, numbers.kind == .slots {
            return "a concurrency limit for this process alone: that is what a pipeline's concurrency is"
        }
        return nil
    }
}
