/// Why a health check fails.
public struct HealthProblem: Sendable, Hashable, CustomStringConvertible {
    /// What was checked: `worker`, `redis`, `lease`, `loop` with the loop's name, or `pipeline` with its name.
    public var check: String
    /// What is wrong, since when, and what to do.
    public var message: String

    /// Names a problem.
    public init(check: String, message: String) {
        self.check = check
        self.message = message
    }

    /// One line.
    public var description: String { "\(check): \(message)" }
}

/// What a health check asks.
public enum HealthProbe: String, Sendable, Hashable {
    /// Whether the process works, or should be restarted.
    case live
    /// Whether it takes jobs.
    case ready
}
