extension ScenarioReport {
    /// The sum of many runs.
    init(of parts: [ScenarioReport], failures: [String]) {
        self.init(error: CancellationError())
        problems = failures + parts.flatMap(\.problems)
        jobs = parts.reduce(0) { $0 + $1.jobs }
        lost = parts.reduce(0) { $0 + $1.lost }
        duplicated = parts.reduce(0) { $0 + $1.duplicated }
        allowed = parts.reduce(0) { $0 + $1.allowed }
        recovery = Recovery(longestOf: parts.map(\.recovery))
    }
}
