/// 5: `stat:processed` and `stat:failed` count the runs, but for what processes that were killed had not written yet.
struct Counters: Invariant {
    static let name = "counters"

    func violations(in evidence: Evidence) -> [Violation] {
        guard evidence.judgesCounters else { return [] }
        let ended = evidence.ledger.runs.filter { $0.how != nil }
        let abrupt = Set(evidence.faults.filter { $0.kind == .killed || $0.kind == .crashed }.compactMap(\.nonce))
        // What a process counted since its last beat dies with it; a run that a fault touched may count twice or not.
        let sure = ended.filter { run in
            run.how != .cancelled && !abrupt.contains(run.nonce) && !evidence.isTouched(run)
        }
        let metrics =
            evidence.judgesMetrics
            ? check("the sum of all classes", evidence.redis.metricsProcessed, sure.count...ended.count, evidence) : []
        return metrics + check("stat:processed", evidence.redis.processed, sure.count...ended.count, evidence)
            + check(
                "stat:failed", evidence.redis.failed,
                sure.count { $0.how == .failed }...ended.count { $0.how != .done }, evidence)
    }

    private func check(_ key: String, _ value: Int, _ range: ClosedRange<Int>, _ evidence: Evidence) -> [Violation] {
        let tolerance = evidence.counterTolerance
        if value < 0 { return [violation(nil, "\(key) is \(value)")] }
        guard value >= range.lowerBound - tolerance, value <= range.upperBound + tolerance else {
            return [violation(nil, "\(key) is \(value), the ledger says \(range)")]
        }
        return []
    }
}
