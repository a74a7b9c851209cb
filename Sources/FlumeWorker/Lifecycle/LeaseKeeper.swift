import Flume
import FlumeRedis
import FlumeStore
import Logging
import NIOCore
import Synchronization

/// Keeps the proof that this process lives, on a connection and an event loop that no handler can block.
actor LeaseKeeper {
    /// How long a lease holds without renewal.
    ///
    /// Together with the recoverer's second look it is what bounds recovery.
    nonisolated let milliseconds: Int

    private let store: JobStore
    private let claims: Claims
    private let clock: WallClock
    private let successor: @Sendable () -> Tenure
    private let logger: Logger
    private let events: EventBus
    private let bell: Bell
    private let hasEnded: Bell
    private let isStopped = Atomic(false)
    /// Whether the loop moves.
    nonisolated let pulse = Pulse("lease")
    private let proof = Mutex(Proof())
    /// How often this process was taken for dead.
    nonisolated let losses = Atomic(0)
    private let executor: any SerialExecutor
    private var outage: Outage

    /// What is known about the lease; readable from anywhere.
    private struct Proof {
        /// When the renewal was sent that Redis took last, by a clock that does not stand still while the machine sleeps.
        var renewed: ContinuousClock.Instant?
        /// Since when none has worked, and why.
        var trouble: (since: NIODeadline, reason: String)?
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// `store` is on a connection of its own; `successor` makes a new life after this one was buried.
    init(
        store: JobStore, claims: Claims, lease: Duration, clock: WallClock, logger: Logger,
        events: EventBus, successor: @escaping @Sendable () -> Tenure
    ) {
        self.store = store
        self.claims = claims
        self.milliseconds = max(100, Int(lease.milliseconds))
        self.clock = clock
        self.logger = logger
        self.events = events
        self.successor = successor
        self.bell = Bell(on: store.redis.eventLoop)
        self.hasEnded = Bell(on: store.redis.eventLoop)
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("renew the lease", logger: logger, events: events)
    }

    /// Renews three times in each lease, until it is stopped.
    func run() async {
        let period = Duration.milliseconds(milliseconds / 3)
        while !isStopped.load(ordering: .acquiring) {
            let hasRenewed = await renew()
            await pulse.rest(on: bell, atMost: hasRenewed ? period : min(period, outage.pause))
        }
        pulse.end()
        hasEnded.ring()
    }

    /// Ends ``run()``.
    ///
    /// The lease stays until it runs out or is given up.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
    }

    /// Waits until ``run()`` has ended, and at most a lease: whoever then gives the lease up must not find it taken again by
    /// a renewal that was on its way.
    nonisolated func ended() async { await hasEnded.wait(atMost: .milliseconds(milliseconds)) }

    /// Takes or renews the lease now.
    ///
    /// - Returns: whether it is held.
    @discardableResult
    func renew() async -> Bool {
        let (tenure, epoch) = claims.lease
        let (sent, sentAt) = (ContinuousClock.now, NIODeadline.now())
        do throws(RedisError) {
            let (hold, redisTime) = try await store.hold(tenure, epoch: epoch, milliseconds: milliseconds)
            outage.end()
            clock.adjust(redisMicroseconds: redisTime, roundTrip: sent.duration(to: .now))
            proof.withLock { $0 = Proof(renewed: hold == .buried ? nil : sent) }
            guard hold == .buried else { return true }
            renounce(tenure)
            return false
        } catch {
            outage.begin(error)
            proof.withLock { proof in
                proof.trouble = (proof.trouble?.since ?? sentAt, "\(error)")
            }
            return false
        }
    }

    /// Goes on under a new identity after `buried` was found buried; its jobs are somebody else's now.
    nonisolated func renounce(_ buried: Tenure) {
        guard claims.renounce(buried, for: successor) else { return }
        proof.withLock { $0.renewed = nil }
        losses.add(1, ordering: .relaxed)
        logger.error(
            "this process was taken for dead and its jobs were recovered by others; it goes on under a new identity",
            metadata: [LogKeys.identity: "\(buried.identity)", LogKeys.successor: "\(claims.tenure.identity)"])
        events.emit(.leaseLost(identity: buried.identity))
        bell.ring()
    }

    /// Whether nobody can have recovered the jobs of a life by now.
    ///
    /// `moment` is when something else was sent that renewed the lease and has been answered.
    nonisolated func isSurelyHeld(by tenure: Tenure, since moment: ContinuousClock.Instant? = nil) -> Bool {
        let duration = Duration.milliseconds(milliseconds)
        if let moment, moment.duration(to: .now) < duration { return true }
        guard claims.tenure === tenure, let renewed = proof.withLock({ $0.renewed }) else { return false }
        return renewed.duration(to: .now) < duration
    }

    /// What a health check sees: the lease, and why Redis did not take its last renewal.
    nonisolated func state(
        at now: NIODeadline
    ) -> (lease: WorkerHealth.Lease, trouble: (age: Duration, reason: String)?) {
        let proof = proof.withLock { $0 }
        let age = proof.renewed.map { $0.duration(to: .now) }
        return (
            WorkerHealth.Lease(age: age, duration: .milliseconds(milliseconds)),
            proof.trouble.map { (now.since($0.since.uptimeNanoseconds), $0.reason) }
        )
    }
}
