import FlumeRedis
import Synchronization

/// How many jobs have died whose death hooks are being called: a shutdown waits for them.
///
/// Their jobs are settled and run no more, so nothing else remembers them.
final class Mourning: Sendable {
    private let count = Mutex(0)
    private let idle: Bell

    /// - Parameter idle: rung when the last hook has been called.
    init(idle: Bell) {
        self.idle = idle
    }

    /// Whether no hook is being called.
    var isOver: Bool { count.withLock { $0 == 0 } }

    /// Death hooks are about to be called.
    func begin() { count.withLock { $0 += 1 } }

    /// They have been called.
    func end() {
        let isLast = count.withLock { count in
            count -= 1
            return count == 0
        }
        if isLast { idle.ring() }
    }
}
