import FlumeWire

/// The three sorted sets of jobs.
package enum StoredSet: Sendable, Hashable, CaseIterable {
    case schedule, retry, dead
}

extension JobStore {
    /// The key of a sorted set.
    package func key(of set: StoredSet) -> String {
        switch set {
        case .schedule: keys.schedule
        case .retry: keys.retry
        case .dead: keys.dead
        }
    }
}
