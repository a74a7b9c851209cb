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
    /// How far apart in time suspects of having killed a process run, and over how long they are spread at most.
    private static let suspectSpacing = 0.25
    private static let suspectSpread = 60.0

    private let store: JobStore
    private let claims: Claims
    private let lease: Duration
    private let poisonLimit: Int
    private let limits: PayloadLimits
    private let failures: FailureRule
    private let handlers: HandlerRegistry
    private let logger: Logger
    private let events: EventBus
    private let bell: Bell
    private let isStopped = Atomic(false)
    private let executor: any SerialExecutor
    private var outage: Outage
    /// Since when, and over which connection, a lease has been missed.
    private var missing: [String: (since: ContinuousClock.Instant, generation: UInt64)] = [:]
    /// When slots were last looked through.
    private var swept: ContinuousClock.Instant?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// A job recovered `poisonLimit` times goes to `dead`: it may be what kills the processes.
    init(
        store: JobStore, claims: Claims, lease: Duration, poisonLimit: Int, limits: PayloadLimits,
        failures: FailureRule,
        handlers: HandlerRegistry, logger: Logger, events: EventBus
    ) {
        self.store = store
        self.claims = claims
        self.lease = lease
        self.poisonLimit = max(1, poisonLimit)
        self.limits = limits
        self.failures = failures
        self.handlers = handlers
        self.logger = logger
        self.events = events
        self.bell = Bell(on: store.redis.eventLoop)
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("look for dead processes", logger: logger, events: events)
    }

    /// Looks four times in each lease, until it is stopped.
    func run() async {
        while !isStopped.load(ordering: .acquiring) {
            do throws(RedisError) {
                try await look()
                outage.end()
            } catch {
                outage.begin(error)
            }
            await bell.wait(atMost: lease / 4)
        }
    }

    /// Ends ``run()``.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
    }

    private func look() async throws(RedisError) {
        let generation = store.redis.generation
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
    }

    /// Takes away slots whose holder is no process any more, once in each lease.
    ///
    /// A job's slot leaves with the job. This is for what a Redis that lost data, or an operator, left behind.
    private func sweepSlots() async throws(RedisError) {
        let now = ContinuousClock.now
        if let swept, swept.duration(to: now) < lease { return }
        swept = now
        for slotsKey in try await store.slotKeys() {
            // Whoever held a slot before the list was read was on it, unless it has left.
            let holders = try await store.slotHolders(under: slotsKey)
            let listed = Set(try await store.processesWithLeases())
            let gone = holders.filter { name in
                !listed.contains(String(name[..<(name.lastIndex(of: ":") ?? name.endIndex)]))
            }
            try await store.releaseSlots(gone, under: slotsKey)
        }
    }

    private func recover(_ identity: String) async throws(RedisError) {
        guard try await store.bury(identity) else { return }
        let dead = Tenure(identity: identity, keys: store.keys)
        let slotKeys = try await store.slotKeys()
        var recovered = 0
        var poisoned = 0
        while true {
            let deliveries = try await store.inflight(of: dead, page: Self.page)
            if deliveries.isEmpty { break }
            // What was taken last goes back first, so that the oldest is the next to run.
            let settlements = deliveries.sorted { $0.sequence > $1.sequence }.enumerated().map { index, delivery in
                let position = recovered + deliveries.count - 1 - index
                return Settlement(delivery, to: destination(of: delivery, from: identity, position: position))
            }
            let verdicts = try await store.settle(done: [], moved: settlements, tenure: dead, slotKeys: slotKeys)
                .verdicts
            recovered += verdicts.count { $0 == .arrived }
            for (settlement, verdict) in zip(settlements, verdicts) where verdict == .buried {
                poisoned += 1
                mourn(settlement, from: identity)
            }
            if verdicts.contains(where: { if case .refused = $0 { true } else { false } }) {
                logger.error(
                    "jobs of a dead process cannot be put back where they were; trying again",
                    metadata: [LogKeys.identity: "\(identity)", LogKeys.reason: "\(verdicts)"])
                return
            }
        }
        _ = try await store.leave(dead)
        logger.warning(
            "recovered the jobs of a dead process",
            metadata: [
                LogKeys.identity: "\(identity)", LogKeys.count: "\(recovered)", "flume.poisoned": "\(poisoned)",
            ])
        events.emit(.recovered(identity: identity, count: recovered))
    }

    /// Calls the death hooks of a poisonous job, away from the event loop: they are the application's.
    private func mourn(_ settlement: Settlement, from identity: String) {
        guard case .recover(let recovery) = settlement.destination,
            let payload = try? JobPayload(parsing: recovery.obituary, limits: limits)
        else { return }
        let (failures, logger) = (failures, logger)
        let jobClass = payload.wrapped ?? payload.jobClass ?? ""
        let handler = handlers[jobClass]
        let error = WorkerDiedError(identity: identity, times: poisonLimit)
        events.emit(
            .died(
                .init(
                    jid: payload.jid ?? "", jobClass: jobClass, queue: settlement.delivery.queue, pipeline: ""),
                error: "\(error)"))
        Task { @concurrent in await failures.callDeathHooks(of: handler, payload, error, logger) }
    }

    /// A name for bytes that have none, the same in every process; Swift's hash is not.
    ///
    /// FNV-1a.
    private static func fingerprint(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// `position` is how many of the process's jobs are older.
    private func destination(of delivery: Delivery, from identity: String, position: Int) -> Destination {
        guard let payload = try? JobPayload(parsing: delivery.payload, limits: limits) else {
            return .front(queue: delivery.queue, payload: delivery.payload)
        }
        let error = WorkerDiedError(identity: identity, times: poisonLimit)
        var delayed = payload
        delayed.remove("enqueued_at")
        // The poller goes by what the payload says.
        if delayed.queue != delivery.queue { delayed.set("queue", to: .string(delivery.queue)) }
        return .recover(
            Recovery(
                queue: delivery.queue, payload: delivery.payload,
                // A job without a jid has no name to count under but its bytes' own.
                jid: payload.jid ?? Self.fingerprint(delivery.payload), limit: poisonLimit,
                obituary: failures.failed(payload, error, delivery.queue, nil).bytes,
                delay: min(Self.suspectSpread, Double(position) * Self.suspectSpacing), delayed: delayed.bytes))
    }
}
