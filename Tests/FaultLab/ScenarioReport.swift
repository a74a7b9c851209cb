/// How a scenario ended: one line of the table.
struct ScenarioReport: Sendable {
    var jobs = 0
    var lost = 0
    var duplicated = 0
    var allowed = 0
    /// From the death of a process until the last of its jobs ran again.
    var recovery: Duration?
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
        recovery = Self.recovery(in: evidence)
        if let recoveryLimit, let recovery, recovery > recoveryLimit {
            problems.append("recovery took \(recovery.formatted), \(recoveryLimit.formatted) are allowed")
        }
        if jobs == 0 { problems.append("no job was acknowledged: nothing was tested") }
    }

    /// The longest time from a death until a job that it interrupted began again.
    ///
    /// Nobody can notice a death who has not been there since: the time counts from the first run of the process that was
    /// there the longest when the job began again.
    static func recovery(in evidence: Evidence) -> Duration? {
        let runs = evidence.ledger.runs
        let births = Dictionary(runs.map { ($0.nonce, $0.began) }) { min($0, $1) }
        let deaths = Dictionary(
            evidence.faults.filter { !$0.allowsOverlap }.map { ($0.nonce ?? "", $0.from) }, uniquingKeysWith: min)
        var longest: UInt64?
        for fault in evidence.faults where !fault.allowsOverlap || fault.kind == .suspended {
            for run in runs where run.nonce == fault.nonce && run.began <= fault.from && run.ended ?? .max > fault.from
            {
                guard let next = evidence.ledger.runsOfJob[run.jid]?.first(where: { $0.began > fault.from }) else {
                    continue
                }
                let watchers = births.filter { nonce, birth in
                    nonce != fault.nonce && birth <= next.began && deaths[nonce] ?? .max >= next.began
                }
                let noticed = watchers.values.map { max($0, fault.from) }.min() ?? fault.from
                longest = max(longest ?? 0, next.began - noticed)
            }
        }
        return longest.map { .nanoseconds(Int64($0)) }
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
