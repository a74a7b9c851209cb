import FlumeStore
import Synchronization

/// The limits of this process that have a key: whoever names it, a pipeline of any worker or a ``Limiter``, has the same.
final class LocalLimits: Sendable {
    private struct Entry {
        weak var limit: LocalLimit?
    }

    static let shared = LocalLimits()

    private let known = Mutex<[String: Entry]>([:])

    /// The limit of that name, which is there as long as somebody has it.
    ///
    /// - Returns: the limit, and the other numbers it had, if it had any: those of who came last count, as with limits that
    ///   are kept in Redis.
    func limit(named name: String, _ numbers: Limit.Numbers) -> (limit: LocalLimit, had: Limit.Numbers?) {
        known.withLock { known in
            guard let limit = known[name]?.limit else {
                known = known.filter { $0.value.limit != nil }
                let made = LocalLimit(name, numbers)
                known[name] = Entry(limit: made)
                return (made, nil)
            }
            let old = limit.numbers
            guard old != numbers else { return (limit, nil) }
            limit.change(to: numbers)
            return (limit, old)
        }
    }
}
