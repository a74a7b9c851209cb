import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore
import Synchronization

/// The loop that takes jobs for one pipeline, as many at a time as there are free slots.
///
/// It runs on the event loop of the connection: a reply is read, the jobs are started and the next fetch is written
/// without a change of thread. What it does while there is nothing to do stands in `Fetcher+Idle.swift`.
actor Fetcher {
    /// How many jobs one fetch takes at most, so that one call does not keep Redis from others for long.
    private static let largestFetch = 1000

    let lane: Lane
    private let selection: QueueSelection
    let store: JobStore
    let claims: Claims
    let lease: LeaseKeeper
    let start: @Sendable ([Delivery]) -> Void
    private let end: @Sendable () -> Void
    let logger: Logger
    let events: EventBus
    let isStopped = Atomic(false)
    private var generator = Xoshiro256()
    private let executor: any SerialExecutor
    var standing: StandingFetches
    /// Which of the pipeline's queues are paused in Redis.
    private(set) var paused: Set<String> = []
    /// The queues whose key holds no list, and what Redis says of it.
    private var broken: [String: String] = [:]
    var outage: Outage
    /// How long the limit wants us to wait that ended the last fetch.
    private var limitWait: Duration?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Makes one for a lane.
    ///
    /// `start` starts deliveries; it must take their slots before it returns. `end` is called once nothing more will be
    /// started.
    init(
        lane: Lane, store: JobStore, claims: Claims, lease: LeaseKeeper, logger: Logger, events: EventBus,
        start: @escaping @Sendable ([Delivery]) -> Void, end: @escaping @Sendable () -> Void = {}
    ) {
        let queues = lane.pipeline.queues.map { (queue: QueueKey($0.name, keys: store.keys), weight: $0.weight) }
        self.lane = lane
        self.selection = QueueSelection(queues, mode: lane.pipeline.mode)
        self.store = store
        self.claims = claims
        self.lease = lease
        self.start = start
        self.end = end
        self.logger = logger
        self.events = events
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("fetch jobs", logger: logger, events: events)
        self.standing = StandingFetches(queues: queues.map(\.queue), store: store)
    }

    /// Fetches no more.
    ///
    /// What a fetch under way brings is still started, and what one has brought that was left with Redis.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        lane.bell.ring()
    }

    /// Fetches until it is stopped.
    func run() async {
        await lane.admission?.declare()
        await loop()
        end()
        lane.pulse.end()
        for waiter in standing.waiters { await waiter.disconnect() }
    }

    private func loop() async {
        while !isStopped.load(ordering: .acquiring) {
            lane.pulse.move()
            if lane.gate.holdsOutdated { await takeBack() }
            var demand = min(lane.slots.available - standing.reserved, Self.largestFetch)
            guard demand > 0 || standing.isEmpty else {
                // There is more to do than there are slots: none may be set aside.
                await takeBack()
                continue
            }
            guard demand > 0 else {
                await waitForSlot()
                continue
            }
            guard let pass = lane.gate.enter() else {
                await rest()
                continue
            }
            let closed = pass.closed
            if let admission = lane.admission {
                let (count, wait, limit) = admission.reserve(demand)
                guard count > 0 else {
                    lane.gate.leave()
                    if let limit, admission.isNews(stoppedBy: limit), await hasJobs(without: closed) {
                        admission.note(stoppedBy: limit, wait: wait)
                    }
                    await rest(atMost: wait)
                    continue
                }
                demand = count
            }
            let sent = events.isObserved ? ContinuousClock.now : nil
            let parked = await unpark(demand, without: closed)
            if !parked.isEmpty {
                lane.admission?.commit(parked.count, of: demand)
                if let sent { report(parked, after: sent.duration(to: .now)) }
                lane.admission?.keyed?.reportAdmitted(parked.count)
                start(parked)
                lane.gate.leave()
                continue
            }
            limitWait = nil
            let asked = events.isObserved ? ContinuousClock.now : nil
            let deliveries = await fetch(demand, without: closed)
            if let asked, !deliveries.isEmpty { report(deliveries, after: asked.duration(to: .now)) }
            let starting = deliveries.isEmpty ? [] : await sift(deliveries)
            // What was parked does not start, and counts with no limit.
            lane.admission?.commit(starting.count, of: demand)
            if !starting.isEmpty { start(starting) }
            lane.gate.leave()
            if let limitWait {
                await rest(atMost: min(limitWait, untilUnpark))
            } else if deliveries.count < demand {
                await waitForWork(with: pass)
            } else if !standing.isEmpty {
                // There is a backlog: what is set aside for other queues would be missing for as long as they are empty.
                await takeBack()
            }
        }
        await takeBack()
    }

    /// Waits for a ring, and looks around now and then even where there is nothing to wait for but that.
    func rest(atMost limit: Duration = Pulse.longestRest) async {
        await lane.pulse.rest(on: lane.bell, atMost: limit)
    }

    private func waitForSlot() async {
        // A batcher says for itself what its jobs wait for.
        guard lane.pipeline.batchRule == nil else { return await rest() }
        await SlotWatch(lane: lane, events: events).waitForSlot { isStopped.load(ordering: .acquiring) }
    }

    /// Whether there is anything in the queues that a limit of this process holds up; a shared one knows by itself.
    private func hasJobs(without closed: Set<String>) async -> Bool {
        let queues = selection.all.filter { !paused.contains($0.name) && !closed.contains($0.name) }
        return (try? await store.hasJobs(in: queues)) ?? false
    }

    /// One fetch, through to certainty about what it took.
    private func fetch(_ demand: Int, without closed: Set<String>) async -> [Delivery] {
        let (tenure, epoch, firstSequence) = claims.reserve(demand)
        let request = FetchRequest(
            epoch: epoch, firstSequence: firstSequence, count: demand,
            sources: selection.sources(count: demand, without: closed, using: &generator),
            gate: lane.admission?.gate)
        let sent = ContinuousClock.now
        do throws(RedisError) {
            let reply = try await store.fetch(request, leaseMilliseconds: lease.milliseconds, tenure: tenure)
            return await accept(reply, to: request, of: tenure, sent: sent)
        } catch {
            return await findOut(about: request, of: tenure, after: error)
        }
    }

    /// What a reply brought.
    ///
    /// `sent` is when it was asked for, `nil` for a fetch that was left with Redis: that renews no lease.
    func accept(
        _ reply: FetchReply, to request: FetchRequest, of tenure: Tenure, sent: ContinuousClock.Instant?
    ) async -> [Delivery] {
        outage.end()
        switch reply {
        case .held(let deliveries, let paused, let broken):
            note(paused, broken, deliveries)
            guard mayBeLost(deliveries, of: tenure, since: sent) else { return deliveries }
            return await adopt([request], of: tenure)
        case .admitted(let deliveries, let paused, let broken, let reply):
            note(paused, broken, deliveries)
            limitWait = lane.admission?.note(reply, count: deliveries.count)
            if reply.isUndeclared { await lane.admission?.declare() }
            guard mayBeLost(deliveries, of: tenure, since: sent) else { return deliveries }
            return await adopt([request], of: tenure)
        case .lapsed: await lease.renew()
        case .buried: lease.renounce(tenure)
        case .stale: break
        }
        return []
    }

    /// Whether this process was frozen since it asked, perhaps for long enough that others have recovered what it got.
    func mayBeLost(
        _ deliveries: [Delivery], of tenure: Tenure, since sent: ContinuousClock.Instant?
    ) -> Bool {
        !deliveries.isEmpty && !lease.isSurelyHeld(by: tenure, since: sent)
    }

    /// Notes what a reply says of queues.
    func note(_ paused: Set<String>, _ broken: [(queue: String, reason: String)], _ deliveries: [Delivery]) {
        // All that is paused is in it, whoever reads it.
        self.paused = paused.isEmpty ? paused : paused.intersection(lane.pipeline.queues.map(\.name))
        if !self.broken.isEmpty { for delivery in deliveries { self.broken[delivery.queue] = nil } }
        for (queue, reason) in broken where self.broken.updateValue(reason, forKey: queue) != reason {
            logger.error(
                "queue cannot be read and is passed over: its key does not hold a list",
                metadata: [LogKeys.queue: "\(queue)", LogKeys.reason: "\(reason)"])
        }
    }

    /// What a request took that failed: nothing if it surely was not executed.
    func findOut(
        about request: FetchRequest, of tenure: Tenure, after error: RedisError
    ) async -> [Delivery] {
        outage.begin(error)
        guard !error.isSurelyUndone else {
            await rest(atMost: outage.pause)
            return []
        }
        return await adopt([request], of: tenure)
    }

    /// Rule: a lost reply loses nothing.
    ///
    /// Asks until Redis answers, even while the pipeline is being stopped. Whatever was lost, or left with Redis, takes nothing
    /// after that.
    func adopt(_ lost: [FetchRequest], of tenure: Tenure) async -> [Delivery] {
        let epoch = claims.proposeEpoch()
        while true {
            if outage.isUnderWay { await rest(atMost: outage.pause) }
            do throws(RedisError) {
                let adopted = try await store.adopt(
                    lost, epoch: epoch, leaseMilliseconds: lease.milliseconds, tenure: tenure)
                outage.end()
                guard let adopted else {
                    lease.renounce(tenure)
                    return []
                }
                claims.enter(epoch: epoch, of: tenure)
                return adopted
            } catch {
                outage.begin(error)
                // Given up only with the connection itself, at the very end; then the jobs are recovered by others.
                if error.code == .closed { return [] }
            }
        }
    }

    func report(_ deliveries: [Delivery], after latency: Duration) {
        events.emit(
            .fetched(
                pipeline: lane.pipeline.name, count: deliveries.count,
                bytes: deliveries.reduce(0) { $0 + $1.payload.count }, latency: latency))
    }
}

extension RedisError {
    /// Whether what failed so was not executed, or will not be: there is nobody left to hear of it.
    var isSurelyUndone: Bool { isRetriable || code == .closed }
}
