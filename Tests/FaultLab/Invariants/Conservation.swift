/// 1: every acknowledged job is done, or is in exactly one place; and nothing is there that nobody enqueued.
struct Conservation: Invariant {
    static let name = "conservation"

    func violations(in evidence: Evidence) -> [Violation] {
        let done = evidence.ledger.done
        let known = evidence.ledger.enqueues
        var found: [Violation] = []
        for (jid, places) in evidence.places.sorted(by: { $0.key < $1.key }) {
            if known[jid] == nil { found.append(violation(jid, "is in \(places[0]), and nobody enqueued it")) }
            if places.count > 1 {
                found.append(violation(jid, "is in \(places.count) places: \(places.map(\.description).sorted())"))
            } else if done.contains(jid), !mayRunAgain(jid, evidence) {
                found.append(violation(jid, "is done and still in \(places[0])"))
            }
        }
        for job in evidence.redis.jobs where job.jid == nil && !evidence.foreign.contains(job.payload) {
            found.append(violation(nil, "something without a jid is in \(job.place): \(job.payload.prefix(120))"))
        }
        for jid in done.subtracting(known.keys).sorted() {
            found.append(violation(jid, "ran, and nobody enqueued it"))
        }
        return found
    }

    /// A fault between the effect and its acknowledgement brings a job back.
    private func mayRunAgain(_ jid: String, _ evidence: Evidence) -> Bool {
        (evidence.ledger.runsOfJob[jid] ?? []).filter(\.isDone).allSatisfy { evidence.isExcused($0) }
    }
}

/// 2: an acknowledged job that is nowhere in Redis has had its effect.
struct AtLeastOnce: Invariant {
    static let name = "at least once"

    /// All that is gone, also what Redis was allowed to forget.
    static func lost(in evidence: Evidence) -> Set<String> {
        evidence.ledger.acknowledged.subtracting(evidence.ledger.done).subtracting(evidence.places.keys)
    }

    func violations(in evidence: Evidence) -> [Violation] {
        Self.lost(in: evidence).subtracting(evidence.mayBeLost).sorted()
            .map { violation($0, "is LOST: acknowledged, never done, and nowhere in Redis") }
    }
}
