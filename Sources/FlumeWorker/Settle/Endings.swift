import FlumeRedis
import Synchronization

/// How many jobs have come to their end and are not through with it: to be settled, or their death hooks are being called.
///
/// They run no more, so nothing else remembers them, and a shutdown has to wait for them: whoever closes the door for
/// settlements behind a job that is on its way there leaves it in flight.
final class Endings: Sendable {
    private let count = Mutex(0)
    private let idle: Bell

    /// - Parameter idle: rung when the last is through.
    init(idle: Bell) {
        self.idle = idle
    }

    /// Whether all are through.
    var areOver: Bool { count.withLock { $0 == 0 } }

    /// One more has come to its end.
    func begin() { count.withLock { $0 += 1 } }

    /// One is through.
    func end() {
        let isLast = count.withLock { count in
            count -= 1
            return count == 0
        }
        if isLast { idle.ring() }
    }
}
