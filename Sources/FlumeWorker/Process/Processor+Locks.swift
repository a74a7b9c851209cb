import FlumeRedis
import FlumeStore
import FlumeWire

/// Unique jobs that let others of their token in as soon as they are started.
extension Processor {
    typealias StartingJob = (delivery: Delivery, context: JobContext)

    /// Gives back the locks of jobs that keep them only until their start: the handler may enqueue the same again.
    ///
    /// - Returns: the jobs that are still there to be started; others were put back in their queue meanwhile.
    func unlock(_ jobs: [StartingJob]) async -> [StartingJob] {
        let locks = jobs.compactMap(\.context.payload.lockUntilStart)
        guard !locks.isEmpty else { return jobs }
        await settler.unlock(locks)
        return jobs.filter { job in
            if running.contains(job.delivery) { return true }
            _ = running.remove(job.delivery)
            return false
        }
    }
}

extension JobPayload {
    /// The lock it gives back now that it is started, if this is the first time.
    var lockUntilStart: UniqueLock? {
        guard let lock, uniqueUntil == .start, failedAt == nil else { return nil }
        return lock
    }
}
