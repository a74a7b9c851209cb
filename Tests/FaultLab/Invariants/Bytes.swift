import FlumeWire

/// 7: fields of a payload that a worker does not own are byte for byte what the producer wrote.
struct Bytes: Invariant {
    static let name = "bytes"

    /// What a worker, a poller or a recovery may write.
    static let owned: Set<String> = [
        "retry_count", "failed_at", "retried_at", "error_class", "error_message", "error_backtrace", "enqueued_at",
        "queue", "at", "flume_handovers",
    ]

    func violations(in evidence: Evidence) -> [Violation] {
        let seen =
            evidence.ledger.runs.map { ($0.jid, $0.payload, "in \($0.name)") }
            + evidence.redis.jobs.compactMap { job in job.jid.map { ($0, job.payload, "in \(job.place)") } }
        return seen.compactMap { jid, payload, place in
            guard let written = evidence.ledger.enqueues[jid]?.payload, !written.isEmpty, !payload.isEmpty else {
                return nil
            }
            return difference(written, payload).map { violation(jid, "\($0) \(place)") }
        }
    }

    private func difference(_ written: String, _ seen: String) -> String? {
        guard let written = try? JobPayload(parsing: Array(written.utf8)) else { return nil }
        guard let seen = try? JobPayload(parsing: Array(seen.utf8)) else { return "is no payload any more" }
        guard case .object(let fields)? = try? JSONValue(parsing: written.bytes) else { return nil }
        for field in fields.members.map(\.key) where !Self.owned.contains(field) {
            if written.rawValue(field).map(Array.init) != seen.rawValue(field).map(Array.init) {
                return "has another \(field)"
            }
        }
        return nil
    }
}
