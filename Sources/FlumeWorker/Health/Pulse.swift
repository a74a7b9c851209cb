import FlumeRedis
import NIOCore
import Synchronization

/// Whether a loop still moves.
///
/// The loop says so itself each time round, and for how long it may be still now because there is nothing to do. One that
/// is still for longer hangs: in code of the application that it calls, on a thread that is blocked, or for a defect.
final class Pulse: Sendable {
    /// A loop with nothing to do looks around this often at the least, so that being still means something.
    static let longestRest = Duration.seconds(5)

    /// What health checks call the loop.
    let name: String
    /// In nanoseconds of `NIODeadline`; 0 before the loop has begun, and after its end.
    private let due = Atomic<UInt64>(0)
    private let moved = Atomic<UInt64>(0)

    init(_ name: String) {
        self.name = name
    }

    /// The loop moves, and will again within so long and the time Redis takes.
    func move(restingAtMost rest: Duration = .zero) {
        let now = NIODeadline.now()
        due.store((now + TimeAmount(rest)).uptimeNanoseconds, ordering: .relaxed)
        moved.store(now.uptimeNanoseconds, ordering: .relaxed)
    }

    /// The loop has come to its end.
    func end() { due.store(0, ordering: .relaxed) }

    /// Waits for a ring, and at most so long; moves meanwhile.
    ///
    /// - Returns: whether it rang.
    @discardableResult
    func rest(on bell: Bell, atMost limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        var left = limit
        while true {
            let step = min(left, Self.longestRest)
            move(restingAtMost: step)
            let hasRung = await bell.wait(atMost: step)
            move()
            left = ContinuousClock.now.duration(to: end)
            if hasRung || left <= .zero { return hasRung }
        }
    }

    /// What a health check sees; `nil` when the loop is not under way.
    func state(at now: NIODeadline = .now()) -> WorkerHealth.Loop? {
        let due = due.load(ordering: .relaxed)
        guard due > 0 else { return nil }
        return WorkerHealth.Loop(
            name: name, stillFor: now.since(moved.load(ordering: .relaxed)), overdue: now.since(due))
    }
}

extension NIODeadline {
    /// How long ago that was, in nanoseconds of another deadline; zero for the future.
    func since(_ nanoseconds: UInt64) -> Duration {
        .nanoseconds(Int64(clamping: uptimeNanoseconds > nanoseconds ? uptimeNanoseconds - nanoseconds : 0))
    }
}
