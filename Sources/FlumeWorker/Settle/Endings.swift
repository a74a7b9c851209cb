import FlumeRedis
import Synchronization

/// How many jobs have come to their end and are not through with it: to be settled, or their death hooks are being called.
///
/// They run no more, so nothing else remembers them, and a shutdown has to wait for them: whoever closes the door for
/// settlements behind a job that is on its way there leaves it in flight.
final class Endings: Sendable {
    private let count = Atomic(0)
    private let isAwaited = Atomic(false)
    private let idle: Bell

    /// - Parameter idle: rung when the last is through, after ``announce()``.
    init(idle: Bell) {
        self.idle = idle
    }

    /// Whether all are through.
    var areOver: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// From now on the bell rings when the last is through.
    ///
    /// Before that it is so thousands of times a second, and nobody wants to be woken for it.
    func announce() { isAwaited.store(true, ordering: .sequentiallyConsistent) }

    /// One more has come to its end.
    func begin() { count.add(1, ordering: .sequentiallyConsistent) }

    /// One is through.
    func end() {
        let left = count.subtract(1, ordering: .sequentiallyConsistent).newValue
        if left == 0, isAwaited.load(ordering: .sequentiallyConsistent) { idle.ring() }
    }
}
