import FlumeRedis
import Synchronization

/// Where a worker is in its life.
///
/// It only moves forward.
final class Phase: Sendable {
    enum Stage: Int, Sendable, Comparable {
        /// Takes jobs.
        case running
        /// Takes none, and lets those that run come to their end. Sidekiq's quiet.
        case quiet
        /// Leaves as soon as they have, or patience ends.
        case stopping

        static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    private let stage = Mutex(Stage.running)
    private let bell: Bell

    /// - Parameter bell: rung when the stage changes.
    init(bell: Bell) {
        self.bell = bell
    }

    var current: Stage { stage.withLock { $0 } }

    /// Moves on.
    ///
    /// - Returns: whether it was not there yet.
    @discardableResult
    func advance(to next: Stage) -> Bool {
        let hasMoved = stage.withLock { stage in
            guard stage < next else { return false }
            stage = next
            return true
        }
        if hasMoved { bell.ring() }
        return hasMoved
    }
}
