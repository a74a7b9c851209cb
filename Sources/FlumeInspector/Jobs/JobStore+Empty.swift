import FlumeRedis
import FlumeStore
import FlumeWire

extension JobStore {
    private static let page = 250

    /// Empties a queue or a sorted set at once, and releases the locks of what was in it.
    ///
    /// Also when the task is cancelled meanwhile: the jobs are gone by then, and nobody else could find their locks.
    ///
    /// - Returns: how many jobs there were.
    func empty(_ target: ClearableKey, releasingLocks: Bool) async throws(RedisError) -> Int {
        var generator = SystemRandomNumberGenerator()
        let (count, cleared) = try await clear(target, id: JobID.make(using: &generator))
        guard count > 0 else { return 0 }
        if releasingLocks {
            var first = 0
            while first < count {
                let jobs = try await page(ofCleared: cleared, from: target, first: first, count: Self.page)
                guard !jobs.isEmpty else { break }
                try await unlock(jobs.compactMap { JobRecord($0, in: .dead).lock })
                first += jobs.count
            }
        }
        try await drop(cleared: cleared)
        return count
    }
}
