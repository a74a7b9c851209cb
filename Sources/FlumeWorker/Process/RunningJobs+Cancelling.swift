import FlumeStore
import FlumeWire
import Synchronization

extension RunningJobs {
    /// What became of a job that was to be cancelled.
    enum Cancellation {
        case cancelled
        /// It does not run here.
        case absent
        /// It runs and shares its task with others.
        case shared
    }

    /// Cancels a job that runs, or is about to, because somebody wants it to end.
    func cancel(jid: String) -> Cancellation {
        let sequences = snapshot.map(\.delivery).filter { delivery in
            (try? JobPayload(parsing: delivery.payload))?.jid == jid
        }.map(\.sequence)
        let (result, tasks) = state.withLock { state -> (Cancellation, [JobTask]) in
            let found = sequences.filter { state.entries[$0] != nil }
            let tasks = found.compactMap { state.entries[$0]?.task }
            let isShared = state.entries.contains { sequence, entry in
                tasks.contains { $0 === entry.task } && !found.contains(sequence)
            }
            guard !found.isEmpty, !isShared else { return (isShared ? .shared : .absent, []) }
            for sequence in found { state.entries[sequence]?.isCancelled = true }
            for task in tasks { task.spend() }
            return (.cancelled, tasks)
        }
        // Not under the lock: it runs the application's cancellation handlers.
        for task in tasks { task.cancel() }
        return result
    }

    /// Whether somebody has cancelled a job that runs.
    func isCancelled(_ delivery: Delivery) -> Bool {
        state.withLock { $0.entries[delivery.sequence]?.isCancelled == true }
    }
}
