import FlumeWire

/// Back-offs that are known by their numbers.
///
/// A handler's own (`Handler.backOff(_:)`) comes before that of its pipeline (`Pipeline.backOff(_:)`), and what a handler
/// throws (`JobDirective.retry(after:)`) before both.
extension BackOff {
    /// How much chance there is in a delay.
    public struct Jitter: Sendable, Hashable {
        private enum Kind: Sendable, Hashable { case none, full }

        private let kind: Kind

        /// None: jobs that failed together come back together.
        public static let none = Jitter(kind: .none)
        /// Anything between nothing and the whole delay, so that jobs that failed together come back apart.
        public static let full = Jitter(kind: .full)

        /// A delay drawn from a whole one.
        func draw(from seconds: Double, using generator: inout some RandomNumberGenerator) -> Double {
            switch kind {
            case .none: seconds
            case .full: Double.random(in: 0...seconds, using: &generator)
            }
        }
    }

    /// Doubles with each failure: the initial delay, then twice, four times, eight times as long.
    ///
    /// Flume's `backoff_initial` and `backoff_max`, and really exponential. Nothing is added to it.
    ///
    /// - Parameters:
    ///   - initial: the delay before the first retry; negative counts as none.
    ///   - maximum: no delay is longer; `nil` for no maximum.
    ///   - jitter: how much of the delay is left to chance.
    /// - Returns: the back-off.
    public static func exponential(
        initial: Duration = .milliseconds(500), maximum: Duration? = .seconds(10), jitter: Jitter = .full
    ) -> BackOff {
        BackOff { count, _, _ in
            var generator = SystemRandomNumberGenerator()
            let whole = exponentialSeconds(initial, maximum, count)
            return .exactly(.seconds(jitter.draw(from: whole, using: &generator)))
        }
    }

    /// Always the same delay, and nothing added to it; negative counts as none.
    public static func fixed(_ delay: Duration) -> BackOff {
        BackOff { _, _, _ in .exactly(delay) }
    }

    /// The delay in seconds before the retry of this count, 0 being the first.
    static func exponentialSeconds(_ initial: Duration, _ maximum: Duration?, _ count: Int) -> Double {
        // Beyond this exponent it is infinite, whatever it grew from.
        let grown = Double(sign: .plus, exponent: min(max(0, count), 2000), significand: max(0, initial.seconds))
        // Without a maximum it still has to be a time that there is.
        let greatest = Double(RetryFormula.greatestDelay)
        return min(grown, maximum.map { max(0, $0.seconds) } ?? greatest, greatest)
    }
}
