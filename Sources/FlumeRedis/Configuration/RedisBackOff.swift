/// How long to wait before the next attempt to connect: "full jitter", so that a fleet does not come back in step.
public struct RedisBackOff: Sendable, Hashable {
    /// The longest first pause.
    public var base: Duration
    /// The longest pause of all.
    public var cap: Duration

    /// Creates a back-off.
    ///
    /// - Parameters:
    ///   - base: The longest first pause; it doubles with each failure.
    ///   - cap: The longest pause of all.
    public init(base: Duration = .milliseconds(50), cap: Duration = .seconds(2)) {
        self.base = base
        self.cap = cap
    }

    /// The pause after a failure.
    ///
    /// - Parameters:
    ///   - failures: How many attempts have failed before this one, from 0.
    ///   - fraction: A random number from 0 to 1.
    /// - Returns: A pause between nothing and the bound of this failure.
    package func delay(failures: Int, fraction: Double) -> Duration {
        let bound = min(cap, base * (1 << min(max(failures, 0), Self.largestExponent)))
        return bound * fraction
    }

    /// Keeps the doubling far from overflow; the cap is reached long before.
    private static let largestExponent = 20
}
