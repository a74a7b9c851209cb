/// What has to come back after healing: throughput, and each worker.
struct ProgressExpectation: Sendable, Hashable {
    /// The undisturbed time.
    var before: Range<UInt64>
    /// When the fault was over: what begins before that proves nothing.
    var healed: UInt64
    /// How long coming back may take, in nanoseconds.
    var within: UInt64
    /// The workers that have to begin a job in that time, each of them.
    var workers: Set<String> = []
    /// What their time counts from where healing is a part of it, as in a failover; nil: from healing.
    var since: UInt64?

    /// How long after that each of the workers began a job; one that never did is not there.
    func waysBack(in ledger: Ledger) -> [String: UInt64] {
        let runs = ledger.runs.filter { $0.began > healed && workers.contains($0.nonce) }
        return Dictionary(runs.map { ($0.nonce, $0.began - (since ?? healed)) }) { min($0, $1) }
    }
}
