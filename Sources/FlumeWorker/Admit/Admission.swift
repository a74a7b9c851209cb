import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import Synchronization

/// The limits of one pipeline at work: what a fetch and a start have to ask.
///
/// It decides how many jobs may come, and never takes or settles one.
final class Admission: Sendable {
    /// How long a job that may start waits for Redis to answer again, before it asks again.
    private static let outagePause = Duration.milliseconds(100)

    /// The limits that are shared; they are asked and charged by the script that takes the jobs.
    let gate: Gate?
    /// The limits of each key by itself.
    let keyed: KeyedAdmission?
    /// Whether the last fetch found no slot for jobs that are there.
    let shortage = SlotShortage()
    private let local: [LocalLimit]
    /// The shared limits on starts.
    let rates: [Limit]
    let store: JobStore
    let logger: Logger
    private let pipeline: String
    private let events: EventBus
    /// Asks for jobs that are late, where there is one leave to ask for: that of the shared limits, or of one of this process.
    private let acquirer: Acquirer?
    /// How much later than its admission a start may come, by the limits of this process.
    let localMargin: Duration?
    /// The limits that are smaller than a batch and were told of, with the numbers they had.
    let warned = Mutex<[String: Limit.Numbers]>([:])
    /// The limit that stopped the last fetch, and since when.
    private let stopped = Mutex<(name: String, since: ContinuousClock.Instant)?>(nil)

    /// `nil` for a pipeline without limits.
    ///
    /// `bell` wakes its fetcher.
    init?(
        _ pipeline: Pipeline, board: LimitBoard, store: JobStore, bell: Bell, configuration: WorkerConfiguration,
        logger: Logger
    ) {
        guard !pipeline.limits.isEmpty || !pipeline.keyedLimits.isEmpty else { return nil }
        keyed =
            pipeline.keyedLimits.isEmpty
            ? nil
            : KeyedAdmission(
                pipeline.keyedLimits, in: pipeline, payloadLimits: configuration.payloadLimits, store: store,
                bell: bell,
                events: configuration.events, logger: logger)
        let shared = pipeline.limits.filter { !$0.isLocal }
            .map { Limit($0.name(in: pipeline.name), $0.numbers, keys: store.keys) }
        let slots = Set(shared.lazy.filter { $0.numbers.kind == .slots }.map(\.name))
        let gate = shared.isEmpty ? nil : Gate(shared) { board.released(slots) }
        board.ring(bell, for: slots)
        let local = pipeline.limits.filter(\.isLocal).map { (rule: RateLimit) -> LocalLimit in
            let (limit, old) = board.local(rule, named: rule.name(in: pipeline.name))
            if let old { Self.logChange(of: limit.name, from: old, to: rule.numbers, logger) }
            return limit
        }
        self.pipeline = pipeline.name
        self.gate = gate
        self.local = local
        self.store = store
        self.events = configuration.events
        self.logger = logger
        localMargin = local.map(\.margin).min()
        // A job that is to start again holds its slots already.
        rates = shared.filter { $0.numbers.kind != .slots }
        acquirer =
            switch (local.count, rates.isEmpty) {
            case (0, false): Acquirer(asking: Gate(rates), of: store)
            case (1, true): Acquirer(asking: local[0])
            default: nil
            }
    }

    // MARK: Before a fetch

    /// Sets places aside with the limits of this process; if there are none, says how long to wait, and for which.
    func reserve(_ wanted: Int) -> (count: Int, wait: Duration, stoppedBy: String?) {
        var reserved: [(LocalLimit, Int)] = []
        var count = wanted
        for limit in local {
            let (allowed, wait) = limit.reserve(count)
            guard allowed > 0 else {
                for (limit, count) in reserved { limit.commit(0, of: count) }
                return (0, min(wait, Acquirer.longestWait), limit.name)
            }
            reserved.append((limit, allowed))
            count = allowed
        }
        for (limit, reserved) in reserved where reserved > count { limit.commit(0, of: reserved - count) }
        return (count, .zero, nil)
    }

    /// Whether it is news that this limit lets nothing through.
    func isNews(stoppedBy name: String) -> Bool { events.isObserved && stopped.withLock { $0?.name != name } }

    /// Counts what starts of what the fetch brought, and gives back the other places.
    func commit(_ count: Int, of reserved: Int) {
        guard !local.isEmpty else { return }
        for limit in local { limit.commit(count, of: reserved) }
        guard count > 0 else { return }
        if events.isObserved {
            for limit in local { events.emit(.admitted(pipeline: pipeline, limit: limit.name, count: count)) }
        }
        let name = stopped.withLock { $0?.name }
        if local.contains(where: { $0.name == name }) { noteFlow() }
    }

    // MARK: After a fetch

    /// Takes note of what the shared limits said.
    ///
    /// - Returns: how long to wait before asking again; `nil` when it was not a limit that ended the fetch.
    func note(_ reply: GateReply, count: Int) -> Duration? {
        if count > 0, events.isObserved, let gate {
            for limit in gate.limits {
                events.emit(.admitted(pipeline: pipeline, limit: limit.name, count: count))
            }
        }
        shortage.note(reply.stopped?.limit.numbers.kind == .slots)
        guard let (limit, wait) = reply.stopped else {
            if count > 0 || local.isEmpty { noteFlow() }
            return nil
        }
        note(stoppedBy: limit.name, wait: wait)
        return min(wait, Acquirer.longestWait)
    }

    /// There are jobs, and this limit lets none through.
    func note(stoppedBy name: String, wait: Duration) {
        let isNew = stopped.withLock { stopped in
            guard stopped?.name != name else { return false }
            stopped = (name, stopped?.since ?? .now)
            return true
        }
        guard isNew else { return }
        events.emit(.limited(pipeline: pipeline, limit: name, wait: wait))
        events.emit(.backPressure(pipeline: pipeline, waitsFor: .limit(name)))
    }

    private func noteFlow() {
        let ended = stopped.withLock { stopped in
            defer { stopped = nil }
            return stopped
        }
        guard let (name, since) = ended else { return }
        events.emit(
            .backPressureEnded(pipeline: pipeline, waitedFor: .limit(name), after: since.duration(to: .now)))
    }

    /// Writes the numbers of the shared limits where all processes read them.
    func declare() async {
        for limit in (gate?.limits ?? []) + (keyed?.limit.whole ?? []) {
            do throws(RedisError) {
                log(try await store.declare(limit), of: limit)
            } catch {
                logger.warning(
                    "could not declare a limit; it counts with the numbers of this process until it is",
                    metadata: [LogKeys.limit: "\(limit.name)", LogKeys.error: "\(error)"])
            }
        }
    }

    private func log(_ declaration: JobStore.Declaration, of limit: Limit) {
        switch declaration {
        case .new, .same: break
        case .changed(let old): Self.logChange(of: limit.name, from: old, to: limit.numbers, logger)
        case .refused(let other):
            logger.error(
                "the name of a limit belongs to one of another nature; it counts with the numbers of this process",
                metadata: [LogKeys.limit: "\(limit.name)", LogKeys.other: "\(other)"])
        }
    }

    private static func logChange(
        of name: String, from old: Limit.Numbers, to new: Limit.Numbers, _ logger: Logger
    ) {
        logger.warning(
            "a limit had other numbers; these count from now on, for everybody who shares it",
            metadata: [LogKeys.limit: "\(name)", LogKeys.old: "\(old)", LogKeys.new: "\(new)"])
    }

    // MARK: Before a start

    /// Until when jobs that were let through may start; `nil` when no limit cares.
    func deadline(_ grant: Grant?) -> ContinuousClock.Instant? {
        guard let localMargin else { return grant?.deadline }
        let here = ContinuousClock.now + localMargin
        return grant?.deadline.map { min($0, here) } ?? here
    }

    /// Admits a job again that could not start in time; what was charged for it is taken back.
    ///
    /// Whoever asks for one leave only has its turn in the order they came. Where there is more to ask, all of it is asked in
    /// one step: leave that one limit gave would be stale by the time another has room.
    ///
    /// - Throws: `CancellationError` when it is not to start any more, or the error of a connection closed for good.
    func readmit(_ delivery: Delivery) async throws {
        guard let acquirer, delivery.grant?.keyed.isEmpty != false else {
            let member = BatchMember(delivery: delivery, context: nil, deadline: nil)
            _ = try await BatchAdmission(self, logger: logger).admit([member])
            return
        }
        var unused = rates.isEmpty ? nil : delivery.grant?.time
        while true {
            do {
                return try await acquirer.acquire(insteadOf: unused)
            } catch let error as RedisError where error.code != .closed {
                // It may have been taken back: once more would be once too often.
                unused = nil
                logger.debug("cannot ask a limit", metadata: [LogKeys.error: "\(error)"])
                // In the job's own task: it ends with the job.
                try await Task.sleep(for: Self.outagePause)
            }
        }
    }

    // MARK: Back-off

    /// Makes limits stricter because what a job calls said so.
    ///
    /// - Returns: how long the job waits if it was not told.
    func backOff(for payload: JobPayload, retryAfter: Duration?) async -> Duration {
        let limits = limits(of: payload)
        let here = speaksOfKey(payload) ? [] : local
        for limit in here { limit.backOff(closedFor: retryAfter) }
        for limit in limits {
            do throws(RedisError) {
                guard try await store.backOff(limit, closedFor: retryAfter) else { continue }
                logger.notice(
                    "a limit backs off because what its jobs call asked for it",
                    metadata: [
                        // Not the key it holds for: that stands in a job's arguments.
                        LogKeys.limit: "\(limit.name)",
                        LogKeys.delay: "\(retryAfter?.seconds ?? 0)",
                    ])
            } catch {
                logger.warning(
                    "could not make a limit back off",
                    metadata: [LogKeys.limit: "\(limit.name)", LogKeys.error: "\(error)"])
            }
        }
        return .microseconds((limits.map(\.numbers.scale) + here.map(\.numbers.scale)).max() ?? 1_000_000)
    }

    /// Whether a job has a key with a rate of its own.
    private func speaksOfKey(_ payload: JobPayload) -> Bool {
        keyed?.limits(for: payload).contains { $0.numbers.kind != .slots } ?? false
    }

    /// Which limits what a job calls has spoken of.
    ///
    /// The rate of its key if there is one, or else all that hold for every job. How many of a key run at a time is
    /// changed only where there is nothing else.
    private func limits(of payload: JobPayload) -> [Limit] {
        let ofKeys = keyed?.limits(for: payload) ?? []
        let rates = ofKeys.filter { $0.numbers.kind != .slots }
        let ofAll = gate?.limits ?? []
        return !rates.isEmpty ? rates : !ofAll.isEmpty ? ofAll : ofKeys
    }
}
