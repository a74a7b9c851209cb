/// How long a failed job waits: Sidekiq's n⁴ + 15 seconds, and a jitter so that jobs that failed together do not come
/// back together.
///
/// No count can overflow it: counts below 0 are 0, and a wait is at most ``greatestDelay``.
package enum RetryFormula {
    /// The longest wait in seconds, a hundred years: reached by absurd counts only.
    package static let greatestDelay = 3_155_760_000
    /// Beyond this count n⁴ is more than ``greatestDelay``.
    private static let greatestCount = 237

    /// The wait in seconds without jitter.
    ///
    /// `retryCount` is what the failed payload holds after the failure was counted: 0 on the first one.
    package static func delay(_ retryCount: Int) -> Int {
        guard retryCount < greatestCount else { return greatestDelay }
        let count = max(retryCount, 0)
        return count * count * count * count + 15
    }

    /// The jitter in seconds, as Sidekiq 8 draws it.
    ///
    /// Uniform in 0 … 10(n+1) − 1; one draw.
    package static func jitter(_ retryCount: Int, using generator: inout some RandomNumberGenerator) -> Int {
        let count = min(max(retryCount, 0), greatestCount)
        return Int.random(in: 0..<10 * (count + 1), using: &generator)
    }
}
