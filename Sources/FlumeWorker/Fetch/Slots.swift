import NIOCore
import Synchronization

/// The free places of a pipeline: demand for jobs, and the end of it.
final class Slots: Sendable {
    private let free: Mutex<Int>
    private let bell: Bell
    /// How many jobs the pipeline may have fetched and not finished.
    let capacity: Int

    init(_ capacity: Int, bell: Bell) {
        self.capacity = capacity
        self.free = Mutex(capacity)
        self.bell = bell
    }

    /// How many places are free now.
    ///
    /// While a fetch is under way more become free, so that load makes the next one larger.
    var available: Int { free.withLock { $0 } }

    /// Takes places for jobs that are about to start.
    func take(_ count: Int) {
        free.withLock { $0 -= count }
    }

    /// Gives back places, and wakes the fetcher if there had been none.
    func release(_ count: Int = 1) {
        let wasFull = free.withLock { free in
            free += count
            return free > 0 && free <= count
        }
        if wasFull { bell.ring() }
    }
}
