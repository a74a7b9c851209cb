import FlumeRedis
import FlumeStore
import Synchronization

/// The jobs that run right now: what the heartbeat shows, what a shutdown waits for and puts back.
final class RunningJobs: Sendable {
    /// A job that runs.
    struct Entry: Sendable {
        let delivery: Delivery
        /// Seconds since 1970.
        let startedAt: Int
        /// The task it runs in, once it has begun.
        var task: JobTask?
        /// Whether it was cancelled because its time was up.
        var isOverdue = false
        /// Whether somebody has cancelled it.
        var isCancelled = false
    }

    struct State {
        /// By sequence number, which a process uses once, whatever its tenure.
        var entries: [Int: Entry] = [:]
        var interrupted = 0
    }

    let state = Mutex(State())
    /// Those that run no more and are not through with their end.
    let endings: Endings
    private let idle: Bell

    /// - Parameter idle: rung when the last job has ended.
    init(idle: Bell) {
        self.idle = idle
        endings = Endings(idle: idle)
    }

    /// How many run.
    var count: Int { state.withLock { $0.entries.count } }

    /// Whether a job is among them.
    func contains(_ delivery: Delivery) -> Bool {
        state.withLock { $0.entries[delivery.sequence] != nil }
    }

    /// All that run, in no order.
    var snapshot: [Entry] { state.withLock { Array($0.entries.values) } }

    /// How many were put back and have not come to their end yet.
    var interrupted: Int { state.withLock { $0.interrupted } }

    /// Notes jobs that are about to start.
    func add(_ deliveries: [Delivery], startedAt seconds: Int) {
        state.withLock { state in
            for delivery in deliveries {
                state.entries[delivery.sequence] = Entry(delivery: delivery, startedAt: seconds, task: nil)
            }
        }
    }

    /// A job begins to run.
    ///
    /// - Returns: whether it was cancelled before it began; `nil` when it has been put back meanwhile, and is not ours.
    func begin(_ delivery: Delivery, in task: JobTask) -> Bool? {
        let isCancelled = state.withLock { state -> Bool? in
            guard let index = state.entries.index(forKey: delivery.sequence) else { return nil }
            state.entries.values[index].task = task
            return state.entries.values[index].isCancelled
        }
        if isCancelled == nil { _ = remove(delivery) }
        return isCancelled
    }

    /// Notes the task that the jobs of a batch share; some may be over already.
    func attach(_ task: JobTask, to deliveries: [Delivery]) {
        let isCancelled = state.withLock { state in
            var isCancelled = false
            for delivery in deliveries {
                guard let index = state.entries.index(forKey: delivery.sequence) else { continue }
                state.entries.values[index].task = task
                let entry = state.entries.values[index]
                // It is not cancelled because of one of several.
                if entry.isOverdue || entry.isCancelled && deliveries.count == 1 { isCancelled = true }
            }
            return isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// Cancels jobs whose time is up together.
    ///
    /// All are marked before any is cancelled: those of a batch share a task, which may end them all at once.
    ///
    /// - Returns: how many still ran.
    func cancelOverdue(_ deliveries: [Delivery]) -> Int {
        let overdue = state.withLock { state in
            deliveries.compactMap { delivery -> Entry? in
                guard let index = state.entries.index(forKey: delivery.sequence) else { return nil }
                state.entries.values[index].isOverdue = true
                state.entries.values[index].task?.spend()
                return state.entries.values[index]
            }
        }
        // Not under the lock: it runs the application's cancellation handlers.
        for entry in overdue { entry.task?.cancel() }
        return overdue.count
    }

    /// A job has come to its end and is going to be settled; ``endings`` is told when it is.
    ///
    /// - Returns: its entry if it is still ours to settle; `nil` when it has been put back meanwhile.
    func end(_ delivery: Delivery) -> Entry? { remove(delivery, ends: true) }

    /// A job runs no more and nobody here settles it.
    ///
    /// - Returns: its entry, if it has not been put back meanwhile.
    func remove(_ delivery: Delivery) -> Entry? { remove(delivery, ends: false) }

    private func remove(_ delivery: Delivery, ends: Bool) -> Entry? {
        let (entry, isLast) = state.withLock { state -> (Entry?, Bool) in
            let entry = state.entries.removeValue(forKey: delivery.sequence)
            if entry == nil { state.interrupted -= 1 }
            // In the same moment: between the two a shutdown would take the job for over.
            if ends, entry != nil { endings.begin() }
            return (entry, state.entries.isEmpty && state.interrupted == 0)
        }
        if isLast { idle.ring() }
        return entry
    }

    /// Takes all jobs that run away from their tasks: from now on ``remove(_:)`` tells those that they are not theirs.
    func interrupt() -> [Entry] {
        state.withLock { state in
            let entries = Array(state.entries.values)
            for entry in entries { entry.task?.spend() }
            state.entries = [:]
            state.interrupted += entries.count
            return entries
        }
    }
}
