import FlumeWire

/// How long coming back took, each the longest there was.
struct Recovery: Sendable, Hashable {
    /// From the death of a process until the last of its jobs ran again.
    var jobs: Duration?
    /// Which of them that was, and where.
    var slowest: String?
    /// From healing until the last worker began a job again; of a failover, from its cause.
    var workers: Duration?
    /// From the beginning of a silence until the last worker said so.
    var notice: Duration?

    /// Each that there was, with its name.
    var text: String {
        let parts = [("jobs", jobs), ("workers", workers), ("noticed", notice)].compactMap { name, time in
            time.map { "\(name) \($0.formatted)" }
        }
        return parts.isEmpty ? "–" : parts.joined(separator: ", ")
    }

    /// The longest of many.
    init(longestOf parts: some Collection<Recovery> = []) {
        let last = parts.max { $0.jobs ?? .zero < $1.jobs ?? .zero }
        (jobs, slowest) = (last?.jobs, last?.slowest)
        workers = parts.compactMap(\.workers).max()
        notice = parts.compactMap(\.notice).max()
    }

    /// What the ledgers say.
    init(in evidence: Evidence) {
        if let (time, run, next) = Self.ofJobs(in: evidence) {
            jobs = .nanoseconds(Int64(time))
            let name = (try? JobPayload(parsing: Array(run.payload.utf8)))?.jobClass ?? "unknown class"
            slowest = "\(name) \(run.jid), \(run.name), then \(next.name)"
        }
        workers = evidence.progress.flatMap { $0.waysBack(in: evidence.ledger).values }
            .max().map { .nanoseconds(Int64($0)) }
    }

    /// The longest time from a death until a job that it interrupted began again.
    ///
    /// Nobody can notice a death who is not there: if no other worker was, the time counts from the first run of the next
    /// one.
    private static func ofJobs(
        in evidence: Evidence
    ) -> (time: UInt64, run: Ledger.Run, next: Ledger.Run)? {
        let runs = evidence.ledger.runs
        let births = Dictionary(runs.map { ($0.nonce, $0.began) }) { min($0, $1) }
        let ends = Dictionary(
            evidence.faults.filter { !$0.allowsOverlap || $0.kind == .stopped }.map { ($0.nonce ?? "", $0.from) },
            uniquingKeysWith: min)
        var longest: (time: UInt64, run: Ledger.Run, next: Ledger.Run)?
        for fault in evidence.faults where !fault.allowsOverlap || fault.kind == .suspended {
            let others = births.filter { $0.key != fault.nonce && ends[$0.key] ?? .max > fault.from }
            let noticed = others.values.map { max($0, fault.from) }.min() ?? fault.from
            for run in runs where run.nonce == fault.nonce && run.began <= fault.from && run.ended ?? .max > fault.from
            {
                guard let next = evidence.ledger.runsOfJob[run.jid]?.first(where: { $0.began > fault.from }) else {
                    continue
                }
                let time = next.began - min(noticed, next.began)
                if time >= longest?.time ?? 0 { longest = (time, run, next) }
            }
        }
        return longest
    }
}
