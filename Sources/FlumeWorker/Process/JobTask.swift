import Synchronization

/// The task that a job runs in, for whoever has to cancel it.
///
/// Jobs of a batch share one, and one may perform job after job. So it is marked as spent in the same step in which it is
/// found to be a job's: then it takes no other.
final class JobTask: Sendable {
    private let spent = Atomic(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Whether it is cancelled, or is about to be.
    var isSpent: Bool { spent.load(ordering: .acquiring) }

    /// Says which it is, once it has been made.
    func isPerformed(by task: Task<Void, Never>) {
        self.task.withLock { $0 = task }
        if isSpent { task.cancel() }
    }

    /// It takes no other job than the one it has.
    func spend() { spent.store(true, ordering: .releasing) }

    /// Cancels it; not to be called under a lock, since it runs the application's cancellation handlers.
    func cancel() {
        spend()
        task.withLock { $0 }?.cancel()
    }
}
