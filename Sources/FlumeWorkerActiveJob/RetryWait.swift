/// How long `retry_on` waits before the next attempt.
public struct RetryWait: Sendable {
    private enum Formula: Sendable {
        case fixed(Duration)
        case polynomial
        case custom(@Sendable (Int) -> Duration)
    }

    private let formula: Formula

    /// A hundred years: beyond it a wait is as good as for ever, and arithmetic goes wrong.
    private static let greatestSeconds = 3.2e9

    /// The same time each time.
    public static func fixed(_ wait: Duration) -> RetryWait {
        RetryWait(formula: .fixed(wait))
    }

    /// Rails' `:polynomially_longer`, before 7.1 called `:exponentially_longer`: e⁴ + 2 seconds after e executions.
    public static var polynomiallyLonger: RetryWait {
        RetryWait(formula: .polynomial)
    }

    /// A formula of one's own, by the count of executions; no jitter is added.
    public static func custom(_ wait: @escaping @Sendable (_ executions: Int) -> Duration) -> RetryWait {
        RetryWait(formula: .custom(wait))
    }

    /// The wait after so many executions, with a share of it added that is drawn between nothing and `jitter`.
    func delay(
        after executions: Int, jitter: Double, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        func jittered(_ seconds: Double) -> Double {
            jitter > 0 ? Double.random(in: 0..<1, using: &generator) * seconds * jitter : 0
        }
        switch formula {
        case .fixed(let wait):
            let seconds = max(0, wait / .seconds(1))
            return .seconds(min(seconds + jittered(seconds), Self.greatestSeconds))
        case .polynomial:
            let count = Double(executions)
            let seconds = min(count * count * count * count, Self.greatestSeconds)
            return .seconds(min(seconds + jittered(seconds) + 2, Self.greatestSeconds))
        case .custom(let wait):
            return wait(executions)
        }
    }
}
