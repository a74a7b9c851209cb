/// 6: after healing, throughput comes back to 90 % of what it was, without a restart, and each worker takes part; those that
/// a fault is not about work on all the time.
struct Progress: Invariant {
    static let name = "progress"
    static let share = 0.9

    func violations(in evidence: Evidence) -> [Violation] {
        evidence.progress.flatMap { returns($0, evidence.ledger) }
            + evidence.neighbours.compactMap { goesOn($0, evidence.ledger) }
    }

    private func returns(_ expectation: ProgressExpectation, _ ledger: Ledger) -> [Violation] {
        let waysBack = expectation.waysBack(in: ledger)
        let late = expectation.workers.sorted().compactMap { nonce -> Violation? in
            let first = waysBack[nonce]
            if let first, first <= expectation.within { return nil }
            let limit = Self.text(expectation.within)
            let start = expectation.since == nil ? "healing" : "the fault"
            return violation(nil, "\(nonce) went on \(first.map(Self.text) ?? "never") after \(start), not in \(limit)")
        }
        guard !expectation.before.isEmpty else { return late }
        let (best, wanted) = Self.throughput(expectation, ledger)
        guard wanted > 0 else { return late + [violation(nil, "no job was done before the fault")] }
        guard Double(best) < wanted else { return late }
        return late + [violation(nil, "\(best) jobs in a window after healing, \(wanted.rounded(.up)) wanted")]
    }

    private func goesOn(_ neighbour: NeighbourExpectation, _ ledger: Ledger) -> Violation? {
        let ends = ledger.runs.filter { $0.nonce == neighbour.nonce && $0.isDone }.compactMap(\.ended)
            .filter { neighbour.span.contains($0) }.sorted()
        let moments = [neighbour.span.lowerBound] + ends + [neighbour.span.upperBound]
        guard let pause = zip(moments, moments.dropFirst()).map({ $1 - $0 }).max(), pause > neighbour.pause else {
            return nil
        }
        let (had, limit) = (Self.text(pause), Self.text(neighbour.pause))
        return violation(nil, "\(neighbour.nonce) did nothing for \(had) while others were hurt, \(limit) are allowed")
    }

    private static func text(_ nanoseconds: UInt64) -> String { Duration.nanoseconds(Int64(nanoseconds)).formatted }

    /// The most jobs in a window after healing as long as the one before the fault, and how many there have to be.
    static func throughput(_ expectation: ProgressExpectation, _ ledger: Ledger) -> (best: Int, wanted: Double) {
        let ends = ledger.runs.filter(\.isDone).compactMap(\.ended).sorted()
        let length = UInt64(expectation.before.count)
        let wanted = Double(ends.count { expectation.before.contains($0) }) * share
        var best = 0
        var last = 0
        // A window begins with some job's end.
        for (first, start) in ends.enumerated()
        where start >= expectation.healed && start <= expectation.healed + expectation.within {
            last = max(last, first)
            while last < ends.count, ends[last] < start + length { last += 1 }
            best = max(best, last - first)
        }
        return (best, wanted)
    }
}
