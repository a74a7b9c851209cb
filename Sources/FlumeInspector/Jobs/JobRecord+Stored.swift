import FlumeStore
import FlumeWire

extension JobRecord {
    init(_ member: ScoredMember, in set: StoredSet) {
        self.init(member.bytes, in: Place(set), time: member.score)
    }

    /// The lock that ends with it, if it is that of a unique job; one that is to last for its time is left alone.
    var lock: UniqueLock? { payload.flatMap { $0.uniqueUntil == .expiry ? nil : $0.lock } }
}

extension JobRecord.Place {
    init(_ set: StoredSet) {
        switch set {
        case .schedule: self = .scheduled
        case .retry: self = .retry
        case .dead: self = .dead
        }
    }
}
