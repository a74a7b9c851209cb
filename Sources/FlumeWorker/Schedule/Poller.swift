import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore
import Synchronization

/// Moves jobs whose time has come out of `retry` and `schedule` into their queues.
///
/// Every process polls. Each move is atomic and belongs to whoever is first, so that any number of pollers enqueues a due
/// job once. It sleeps until the next job is due, and at most its interval: a job scheduled meanwhile by somebody else can
/// be due sooner than any that was known.
actor Poller {
    private static let page = 100

    private let store: JobStore
    private let interval: Duration
    private let rule: PromotionRule
    private let logger: Logger
    private let bell: Bell
    private let isStopped = Atomic(false)
    /// Whether the loop moves.
    nonisolated let pulse = Pulse("poll")
    private let executor: any SerialExecutor
    private var outage: Outage
    /// Why Redis would not take jobs, so that it is said once and not at each poll.
    private var refusals: [WaitingSet: String] = [:]
    /// How many refused jobs at the head of a set to look behind next time: they must not keep the others waiting.
    private var skipped: [WaitingSet: Int] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(store: JobStore, interval: Duration, rule: PromotionRule, logger: Logger, events: EventBus) {
        self.store = store
        self.interval = interval
        self.rule = rule
        self.logger = logger
        self.bell = Bell(on: store.redis.eventLoop)
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("promote scheduled jobs", logger: logger, events: events)
    }

    /// Polls until it is stopped.
    func run() async {
        while !isStopped.load(ordering: .acquiring) {
            pulse.move()
            do throws(RedisError) {
                let pause = try await poll()
                outage.end()
                await pulse.rest(on: bell, atMost: pause)
            } catch {
                outage.begin(error)
                await pulse.rest(on: bell, atMost: outage.pause)
            }
        }
        pulse.end()
    }

    /// Ends ``run()``.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
    }

    /// Promotes what is due.
    ///
    /// - Returns: how long to sleep.
    private func poll() async throws(RedisError) -> Duration {
        // The fleet must not beat as one.
        var pause = interval * Double.random(in: 0.75...1)
        for (set, due) in try await store.due(page: Self.page, skipping: skipped) {
            var refused = 0
            if !due.members.isEmpty {
                let verdicts = try await store.promote(due.members.map(rule.promotion(of:)), from: set)
                refused = report(verdicts, from: set)
                // There may be more; but what Redis refuses must not make a busy loop.
                if verdicts.contains(.moved) || verdicts.contains(.gone) { pause = .zero }
            }
            skipped[set] = due.hasMore ? (skipped[set] ?? 0) + refused : 0
            if let microseconds = due.microsecondsToNext { pause = min(pause, .microseconds(max(0, microseconds))) }
        }
        return pause
    }

    /// - Returns: how many Redis refused.
    private func report(_ verdicts: [PromotionVerdict], from set: WaitingSet) -> Int {
        let reasons = verdicts.compactMap { if case .refused(let reason) = $0 { reason } else { nil } }
        defer { if !reasons.isEmpty || skipped[set] ?? 0 == 0 { refusals[set] = reasons.first } }
        guard let reason = reasons.first, reason != refusals[set] else { return reasons.count }
        logger.error(
            "due jobs cannot be moved to their queues and stay where they are; trying again",
            metadata: [LogKeys.count: "\(reasons.count)", LogKeys.reason: "\(reason)"])
        return reasons.count
    }
}
