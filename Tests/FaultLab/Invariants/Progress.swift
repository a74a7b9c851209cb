/// 6: after healing, throughput comes back to 90 % of what it was, without a restart.
struct Progress: Invariant {
    static let name = "progress"
    static let share = 0.9

    func violations(in evidence: Evidence) -> [Violation] {
        guard let expectation = evidence.progress, !expectation.before.isEmpty else { return [] }
        let ends = evidence.ledger.runs.filter(\.isDone).compactMap(\.ended).sorted()
        let length = UInt64(expectation.before.count)
        let wanted = Double(ends.count { expectation.before.contains($0) }) * Self.share
        guard wanted > 0 else { return [violation(nil, "no job was done before the fault")] }
        // The best window as long as the one before the fault: it begins with some job's end.
        var best = 0
        var last = 0
        for (first, start) in ends.enumerated()
        where start >= expectation.healed && start <= expectation.healed + expectation.within {
            last = max(last, first)
            while last < ends.count, ends[last] < start + length { last += 1 }
            best = max(best, last - first)
        }
        guard Double(best) < wanted else { return [] }
        return [violation(nil, "\(best) jobs in a window after healing, \(wanted.rounded(.up)) wanted")]
    }
}
