import NIOCore
import Synchronization

/// The free places of a pipeline: demand for jobs, and the end of it.
final class Slots: Sendable {
    private let free: Mutex<Int>
    private let bell: Bell
    /// How many jobs the pipeline runs at a time.
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

    /// Gives back one place, and wakes the fetcher if there had been none.
    func release() {
        let wasFull = free.withLock { free in
            free += 1
            return free == 1
        }
        if wasFull { bell.ring() }
    }
}
