import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore
import Synchronization

/// Finds processes that died with jobs in flight and puts their jobs back.
///
/// Death needs proof: a lease seen absent twice, one lease apart, over one unbroken connection. A Redis that was away for
/// longer than everybody's lease must not make everybody recover everybody.
actor Recoverer {
    private static let page = 100

    let store: JobStore
    let claims: Claims
    private let lease: Duration
    private let poisonLimit: Int
    private let limits: PayloadLimits
    private let failures: FailureRule
    private let handlers: HandlerRegistry
    private let endings: Endings
    let logger: Logger
    let events: EventBus
    private let bell: Bell
    private let isStopped = Atomic(false)
    /// Whether the loop moves.
    nonisolated let pulse = Pulse("recover")
    /// Jobs put back, and jobs that died instead.
    nonisolated let recoveries = Atomic(0)
    nonisolated let deaths = Atomic(0)
    private let executor: any SerialExecutor
    private var outage: Outage
    /// Since when, and over which connection, a lease has been missed.
    private var missing: [String: (since: ContinuousClock.Instant, generation: UInt64)] = [:]
    /// How many jobs of a dead process are read at once; see ``recover(_:)``.
    private var page = Recoverer.page
    /// When slots were last looked through.
    private var swept: ContinuousClock.Instant?
    /// Looks after this process's own record.
    var record: RecordWatch
    /// Looks for parked jobs that nobody takes.
    private var parking: ParkingWatch
    /// Whether a job is run or settled here.
    let isKnown: @Sendable (Delivery) -> Bool

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// A job recovered `poisonLimit` times goes to `dead`: it may be what kills the processes; see ``SuspectRule``.
    ///
    /// `places` are those where this process parks jobs. `isKnown` tells of a job of this process whether it is run or
    /// settled here.
    init(
        store: JobStore, claims: Claims, lease: Duration, poisonLimit: Int, limits: PayloadLimits,
        failures: FailureRule,
        handlers: HandlerRegistry, endings: Endings, logger: Logger, events: EventBus,
        places: @escaping @Sendable () -> [ParkingPlace],
        isKnown: @escaping @Sendable (Delivery) -> Bool
    ) {
        self.store = store
        self.claims = claims
        self.lease = lease
        self.poisonLimit = max(1, poisonLimit)
        self.limits = limits
        self.failures = failures
        self.handlers = handlers
        self.endings = endings
        self.logger = logger
        self.events = events
        self.bell = Bell(on: store.redis.eventLoop)
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("look for dead processes", logger: logger, events: events)
        self.record = RecordWatch(patience: max(lease, QueueWaiter.longestWait(on: store.redis)))
        self.parking = ParkingWatch(patience: lease * 4, logger: logger, own: places)
        self.isKnown = isKnown
    }

    /// Looks four times in each lease, and when a death is proven, until it is stopped.
    func run() async {
        while !isStopped.load(ordering: .acquiring) {
            pulse.move()
            var pause = lease / 4
            do throws(RedisError) {
                try await look()
                outage.end()
                pause = min(pause, untilProof ?? pause)
            } catch {
                outage.begin(error)
            }
            await pulse.rest(on: bell, atMost: pause)
        }
        pulse.end()
    }

    /// How long it takes until the first of those whose lease is missed has been missed for long enough.
    private var untilProof: Duration? {
        let now = ContinuousClock.now
        return missing.values.map { max(now.duration(to: $0.since + lease), .milliseconds(1)) }.min()
    }

    /// Ends ``run()``.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
    }

    private func look() async throws(RedisError) {
        let generation = store.redis.generation
        // Noted before anything can fail, also when there is no connection yet: whoever misses a connection misses what
        // that Redis has forgotten.
        let hasForgotten = record.isDue(over: generation)
        let own = claims.tenure.identity
        let identities = try await store.processesWithLeases().filter { $0 != own }
        let absent = try await store.absentLeases(of: identities)
        guard store.redis.generation == generation else { return missing = [:] }
        let now = ContinuousClock.now
        missing = missing.filter { absent.contains($0.key) && $0.value.generation == generation }
        for identity in absent.sorted() {
            guard let first = missing[identity] else {
                missing[identity] = (now, generation)
                continue
            }
            guard first.since.duration(to: now) >= lease else { continue }
            missing[identity] = nil
            try await recover(identity)
        }
        try await sweepSlots()
        if hasForgotten { try await reclaim() }
    }

    /// Takes away slots whose holder is no process any more, once in each lease.
    ///
    /// A job's slot leaves with the job. This is for what a Redis that lost data, or an operator, left behind.
    private func sweepSlots() async throws(RedisError) {
        let now = ContinuousClock.now
        if let swept, swept.duration(to: now) < lease { return }
        swept = now
        parking.tell(of: try await store.visit(parking.own(), leftFor: parking.patience))
        for page in try await store.slotKeys() {
            pulse.move()
            try await store.sweepSlots(under: page)
        }
    }

    /// Where the jobs of a process hold slots: whoever did not fetch them cannot know.
    func slots(heldBy identity: String) async throws(RedisError) -> [Int: Set<String>] {
        var held: [Int: Set<String>] = [:]
        for page in try await store.slotKeys() {
            pulse.move()
            held.merge(try await store.slots(heldBy: identity, under: page)) { $0.union($1) }
        }
        return held
    }

    private func recover(_ identity: String) async throws(RedisError) {
        guard try await store.bury(identity) else { return }
        let dead = Tenure(identity: identity, keys: store.keys)
        // It takes no more now that it is buried.
        let slots = try await slots(heldBy: identity)
        var recovered = 0
        var poisoned = 0
        var hasFailed = true
        // A page of large jobs may be more than one reply can be, which ends the connection: then a smaller one.
        defer { page = hasFailed ? max(1, page / 10) : Self.page }
        while true {
            pulse.move()
            let deliveries = try await store.inflight(of: dead, page: page)
            if deliveries.isEmpty { break }
            let deathCounts = try await deathCounts(of: deliveries)
            let rule = SuspectRule(limit: poisonLimit, deaths: deathCounts)
            // What was taken last goes back first, so that the oldest is the next to run.
            let newestFirst = zip(deliveries, deathCounts).sorted { $0.0.sequence > $1.0.sequence }
            let all = newestFirst.enumerated().map { index, job in
                let position = recovered + newestFirst.count - 1 - index
                return settlement(of: job.0, from: identity, rule.verdict(deaths: job.1, position: position))
            }
            // Those of large jobs that do not fit into one call are found again by the next look.
            let settlements = Array(all.prefix(JobStore.callSize(of: all.lazy.map(\.byteCount))))
            let verdicts = try await store.settle(done: [], moved: settlements, tenure: dead, slots: slots)
                .verdicts
            let arrived = verdicts.count { $0 == .arrived }
            recovered += arrived
            recoveries.add(arrived, ordering: .relaxed)
            for (settlement, verdict) in zip(settlements, verdicts) where verdict == .buried {
                poisoned += 1
                deaths.add(1, ordering: .relaxed)
                mourn(settlement, from: identity)
            }
            if verdicts.contains(where: { if case .refused = $0 { true } else { false } }) {
                logger.error(
                    "jobs of a dead process cannot be put back where they were; trying again",
                    metadata: [LogKeys.identity: "\(identity)", LogKeys.reason: "\(verdicts)"])
                hasFailed = false
                return
            }
        }
        _ = try await store.leave(dead)
        hasFailed = false
        logger.warning(
            "recovered the jobs of a dead process",
            metadata: [
                LogKeys.identity: "\(identity)", LogKeys.count: "\(recovered)", LogKeys.poisoned: "\(poisoned)",
            ])
        events.emit(.recovered(identity: identity, count: recovered))
    }

    /// Calls the death hooks of a poisonous job, away from the event loop: they are the application's.
    private func mourn(_ settlement: Settlement, from identity: String) {
        guard case .recover(let recovery) = settlement.destination,
            let payload = try? JobPayload(parsing: recovery.obituary, limits: limits)
        else { return }
        let (failures, endings, logger) = (failures, endings, logger)
        let jobClass = payload.handlerName ?? ""
        let handler = handlers[jobClass]
        let error = WorkerDiedError(identity: identity, times: recovery.limit)
        events.emit(
            .died(
                .init(
                    jid: payload.jid ?? "", jobClass: jobClass, queue: settlement.delivery.queue, pipeline: ""),
                error: "\(error)"))
        endings.begin()
        Task { @concurrent in
            await failures.callDeathHooks(of: handler, payload, error, logger)
            endings.end()
        }
    }

    /// A name for bytes that have none, the same in every process; Swift's hash is not.
    ///
    /// FNV-1a.
    private static func fingerprint(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// How many processes have died with each of these jobs in flight, this one among them.
    private func deathCounts(of deliveries: [Delivery]) async throws(RedisError) -> [Int] {
        let names = deliveries.map { name(of: $0, try? JobPayload(parsing: $0.payload, limits: limits)) }
        return try await store.recoveries(of: names).map { $0 + 1 }
    }

    /// A job without a jid has no name to count under but its bytes' own.
    private func name(of delivery: Delivery, _ payload: JobPayload?) -> String {
        payload?.jid ?? Self.fingerprint(delivery.payload)
    }

    private func settlement(
        of delivery: Delivery, from identity: String, _ verdict: SuspectRule.Verdict
    ) -> Settlement {
        guard let payload = try? JobPayload(parsing: delivery.payload, limits: limits) else {
            return Settlement(delivery, to: .front(queue: delivery.queue, payload: delivery.payload))
        }
        let destination = destination(of: delivery, payload, from: identity, verdict)
        return Settlement(delivery, to: destination, releasing: destination.lock(of: payload))
    }

    private func destination(
        of delivery: Delivery, _ payload: JobPayload, from identity: String, _ verdict: SuspectRule.Verdict
    ) -> Destination {
        let error = WorkerDiedError(identity: identity, times: verdict.limit)
        let delayed = failures.waiting(payload, for: delivery.queue)
        return .recover(
            Recovery(
                queue: delivery.queue, payload: delivery.payload,
                jid: name(of: delivery, payload), limit: verdict.limit,
                obituary: failures.failed(payload, error, delivery.queue, nil).bytes,
                delay: verdict.delay, delayed: delayed.bytes))
    }
}
