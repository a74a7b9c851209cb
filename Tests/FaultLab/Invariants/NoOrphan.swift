/// 4: no record, registration, lease, lock, slot or parked job belongs to a process that is dead.
struct NoOrphan: Invariant {
    static let name = "orphans"

    func violations(in evidence: Evidence) -> [Violation] {
        let redis = evidence.redis
        var found: [Violation] = []
        func isDead(_ identity: String) -> Bool {
            RedisSnapshot.processID(of: identity).map { !evidence.living.contains($0) } ?? true
        }
        for (identity, count) in redis.inflightCounts.sorted(by: { $0.key < $1.key }) where isDead(identity) {
            found.append(violation(nil, "\(count) jobs are in flight in \(identity), which is dead"))
        }
        for identity in redis.registered.sorted() where isDead(identity) {
            found.append(violation(nil, "\(identity) is dead and still registered"))
        }
        for identity in redis.leasesWithoutEnd.sorted() where isDead(identity) {
            found.append(violation(nil, "the lease of \(identity), which is dead, never ends"))
        }
        for slot in redis.slots.sorted() where !redis.inflightFields.contains(slot) {
            found.append(violation(nil, "slot \(slot) is held for no job in flight"))
        }
        let jobs = evidence.places
        for (token, jid) in redis.locks.sorted(by: { $0.key < $1.key }) where jobs[jid] == nil {
            found.append(violation(jid, "is gone and still holds the lock \(token)"))
        }
        return found
    }
}
