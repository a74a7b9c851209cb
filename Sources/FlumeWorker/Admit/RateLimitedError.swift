import FlumeStore

/// What a handler throws when what it calls says 429 or 503.
///
/// The job runs again later without using up a retry, and the limits of its pipeline back off in every process: with
/// `retryAfter` they let nothing through until then; without, they let half as much through (halved at most once per
/// scale) and come back in a straight line over ten scales. Where the pipeline has a rate for each key, it is that of the
/// job's key that backs off, and no other. No time is longer than a year.
///
/// ```swift
/// if response.status == 429 { throw RateLimitedError(retryAfter: response.retryAfter) }
/// ```
public struct RateLimitedError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the `Retry-After` header said.
    public let retryAfter: Duration?

    /// Makes the error.
    ///
    /// - Parameter retryAfter: what the `Retry-After` header said, if there was one.
    public init(retryAfter: Duration? = nil) {
        self.retryAfter = retryAfter
    }

    /// How long its job and the limits wait: a year at most, whatever the header said.
    var pause: Duration? { retryAfter.map { min($0, Limit.longestTime) } }

    /// For the log.
    public var description: String {
        retryAfter.map { "rate limited by what the job calls, for \($0)" } ?? "rate limited by what the job calls"
    }
}
