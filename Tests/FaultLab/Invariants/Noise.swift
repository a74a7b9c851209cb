import FlumeWire

/// 8: no fault of Redis or of a process is charged to a job as a failure of its own.
struct Noise: Invariant {
    static let name = "noise"

    func violations(in evidence: Evidence) -> [Violation] {
        var found: [Violation] = []
        for (jid, runs) in evidence.ledger.runsOfJob.sorted(by: { $0.key < $1.key }) {
            var failures = 0
            for run in runs {
                if run.attempt > failures + 1, !evidence.mayFailUnrun.contains(jid) {
                    found.append(violation(jid, "is on attempt \(run.attempt) after \(failures) failures of its own"))
                    break
                }
                if run.how == .failed || run.how == .cancelled { failures += 1 }
            }
        }
        for job in evidence.redis.jobs {
            guard let jid = job.jid, let payload = try? JobPayload(parsing: Array(job.payload.utf8)),
                let count = payload.retryCount,
                // What killed its process too often has failed, though no run of it could say so.
                job.place != .dead || payload["error_class"]?.string != "WorkerDiedError"
            else { continue }
            let failures = (evidence.ledger.runsOfJob[jid] ?? []).count { $0.how == .failed || $0.how == .cancelled }
            if count + 1 > failures, !evidence.mayFailUnrun.contains(jid) {
                found.append(violation(jid, "has retry_count \(count) in \(job.place) after \(failures) failures"))
            }
        }
        return found
    }
}
