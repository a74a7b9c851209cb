/// How a scenario ended: one line of the table.
struct ScenarioReport: Sendable {
    var jobs = 0
    var lost = 0
    var duplicated = 0
    var allowed = 0
    var recovery = Recovery()
    /// What was wrong; empty if all is well.
    var problems: [String] = []

    var isPassed: Bool { problems.isEmpty }

    /// A scenario that came to no end.
    init(error: any Error) { problems = ["\(error)"] }

    /// Judges what is left of a scenario.
    init(evidence: Evidence, failures: [String], recoveryLimit: Duration?, runtime: WorkerRuntime) {
        let checker = runtime == .ruby ? InvariantChecker.forRuby : InvariantChecker()
        problems = failures + checker.violations(in: evidence).map(\.description)
        jobs = evidence.ledger.acknowledged.count
        lost = AtLeastOnce.lost(in: evidence).count
        (duplicated, allowed) = DuplicateBound.count(in: evidence)
        recovery = Recovery(in: evidence)
        if let recoveryLimit, let jobs = recovery.jobs, jobs > recoveryLimit {
            let slowest = recovery.slowest ?? ""
            problems.append(
                "recovery took \(jobs.formatted), \(recoveryLimit.formatted) are allowed: \(slowest)")
        }
        if jobs == 0 { problems.append("no job was acknowledged: nothing was tested") }
    }
}

extension InvariantChecker {
    /// Ruby has no in-flight records, and its counters are its own: what is lost is counted, and so is what came twice.
    static let forRuby = InvariantChecker(
        invariants: [Conservation(), AtLeastOnce(), DuplicateBound(), Progress(), Bytes()])
}

extension Duration {
    /// `4.2 s`.
    var formatted: String {
        let (seconds, attoseconds) = components
        let tenths = (Double(seconds) + Double(attoseconds) / 1e18) * 10
        return "\(tenths.rounded() / 10) s"
    }
}
