/// How long to wait before the next attempt to connect: "full jitter", so that a fleet does not come back in step.
public struct RedisBackOff: Sendable, Hashable {
    /// The longest first pause; no pause is shorter than a millisecond.
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
    /// - Returns: A pause between ``shortest`` and the bound of this failure.
    package func delay(failures: Int, fraction: Double) -> Duration {
        let bound = min(cap, min(base, Self.longest) * (1 << min(max(failures, 0), Self.largestExponent)))
        return max(Self.shortest, bound * fraction)
    }

    /// The same; with Sentinel shorter, since a failover takes a second or two and each attempt asks where the primary is.
    func shortened(for address: RedisConfiguration.Address) -> RedisBackOff {
        var shortened = self
        if case .sentinel = address { shortened.cap = min(cap, .milliseconds(500)) }
        return shortened
    }

    /// Attempts that fail at once, as those on a path that does not exist, must not follow each other without a rest,
    /// whatever the settings and the random number are.
    static let shortest = Duration.milliseconds(1)
    /// Longer than this nobody waits; it keeps the doubling from overflow.
    private static let longest = Duration.seconds(100 * 365 * 86_400)

    /// Keeps the doubling far from overflow; the cap is reached long before.
    private static let largestExponent = 20
}
