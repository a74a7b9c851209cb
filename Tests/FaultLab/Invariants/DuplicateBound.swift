/// 3: a job's effect happens once, and once more only for each run that a fault touched; two runs at the same time only
/// where the fault left the first one running.
struct DuplicateBound: Invariant {
    static let name = "duplicates"

    func violations(in evidence: Evidence) -> [Violation] {
        evidence.ledger.runsOfJob.sorted { $0.key < $1.key }.flatMap { jid, runs in
            effects(jid, runs, evidence) + overlaps(jid, runs, evidence)
        }
    }

    private func effects(_ jid: String, _ runs: [Ledger.Run], _ evidence: Evidence) -> [Violation] {
        let untouched = runs.filter { $0.isDone && !evidence.isExcused($0) }
        guard untouched.count > 1 else { return [] }
        let reason =
            untouched.contains(where: evidence.isTouched) ? "though nobody lost its lease" : "that no fault explains"
        return [violation(jid, "was done \(untouched.count) times \(reason): \(untouched.map(\.name))")]
    }

    private func overlaps(_ jid: String, _ runs: [Ledger.Run], _ evidence: Evidence) -> [Violation] {
        zip(runs, runs.dropFirst()).compactMap { first, second in
            if let end = evidence.latestEnd(of: first), end <= second.began { return nil }
            if evidence.isExcused(first), evidence.faults.contains(where: { $0.allowsOverlap && $0.touches(first) }) {
                return nil
            }
            return violation(jid, "ran twice at the same time: \(first.name) and \(second.name)")
        }
    }

    /// How often jobs were done again, and how often the faults would have allowed it.
    static func count(in evidence: Evidence) -> (duplicated: Int, allowed: Int) {
        var duplicated = 0
        var allowed = 0
        for runs in evidence.ledger.runsOfJob.values {
            duplicated += max(0, runs.count(where: \.isDone) - 1)
            allowed += runs.count { $0.isDone && evidence.isExcused($0) }
        }
        return (duplicated, allowed)
    }
}
