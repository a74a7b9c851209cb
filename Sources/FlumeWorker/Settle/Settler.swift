import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore
import Synchronization

/// The loop that writes where jobs go next. Whatever is ready when the last write returned goes in the next one.
///
/// It runs on the event loop of the connection, so that jobs are settled while handlers block every thread of the pool.
/// A settlement that Redis did not take is sent again until it does: a job is never run again for want of an answer.
actor Settler {
    /// Called with what became of a settlement; `nil` when the connection was closed for good before Redis said.
    private typealias Report = @Sendable (SettleReply.Verdict?) -> Void

    private struct Inbox {
        var done: [Delivery] = []
        var moved: [(settlement: Settlement, report: Report)] = []
        /// What is on its way to Redis.
        var writing: (done: [Delivery], moved: [Delivery]) = ([], [])
        /// Sequence numbers of what Redis refused and gets again later.
        var refused: Set<Int> = []
        var isClosed = false
        /// Nobody writes any more.
        var hasEnded = false

        var isEmpty: Bool { done.isEmpty && moved.isEmpty }
    }

    /// How often a settlement is tried again that Redis refuses for a reason of its own, such as a key of the wrong type.
    private static let refusalPause = Duration.seconds(1)

    private let store: JobStore
    private let logger: Logger
    private let onBuried: @Sendable (Tenure) -> Void
    private let inbox = Mutex(Inbox())
    private let bell: Bell
    private let drain: Bell
    /// Whether the loop moves.
    nonisolated let pulse = Pulse("settle")
    private let executor: any SerialExecutor
    private var outage: Outage

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// `onBuried` is called when a settlement shows that the process has been buried.
    init(store: JobStore, logger: Logger, events: EventBus, onBuried: @escaping @Sendable (Tenure) -> Void) {
        self.store = store
        self.logger = logger
        self.onBuried = onBuried
        self.bell = Bell(on: store.redis.eventLoop)
        self.drain = Bell(on: store.redis.eventLoop)
        self.executor = store.redis.eventLoop.executor
        self.outage = Outage("settle jobs", logger: logger, events: events)
    }

    /// A job that is done, and the lock it releases with that.
    ///
    /// Returns at once.
    nonisolated func finish(_ delivery: Delivery, releasing lock: UniqueLock? = nil) {
        guard lock == nil else {
            let report: Report = { _ in }
            return submit([(Settlement(delivery, to: .done, releasing: lock), report)])
        }
        let isFirst = inbox.withLock { inbox in
            let wasEmpty = inbox.isEmpty
            inbox.done.append(delivery)
            return wasEmpty
        }
        if isFirst { bell.ring() }
    }

    /// A job that goes somewhere else.
    ///
    /// Returns when it has arrived.
    ///
    /// - Returns: what became of it; `nil` when the connection was closed for good before Redis said.
    nonisolated func settle(_ settlement: Settlement) async -> SettleReply.Verdict? {
        await withCheckedContinuation { continuation in
            let report: Report = { continuation.resume(returning: $0) }
            submit([(settlement, report)])
        }
    }

    /// Releases locks of jobs that are started.
    ///
    /// Those that Redis does not hear of are released when the job is settled.
    nonisolated func unlock(_ locks: [UniqueLock]) async {
        do throws(RedisError) {
            try await store.unlock(locks)
        } catch {
            logger.warning(
                "locks of unique jobs could not be released at their start and are when they end",
                metadata: [LogKeys.count: "\(locks.count)", LogKeys.error: "\(error)"])
        }
    }

    private nonisolated func submit(_ entries: [(settlement: Settlement, report: Report)]) {
        let isTaken = inbox.withLock { inbox in
            if !inbox.hasEnded { inbox.moved.append(contentsOf: entries) }
            return !inbox.hasEnded
        }
        guard isTaken else { return entries.forEach { $0.report(nil) } }
        bell.ring()
    }

    /// Jobs that go somewhere else, in this order.
    ///
    /// Returns when all have arrived.
    ///
    /// - Returns: how many did.
    nonisolated func settle(_ settlements: [Settlement]) async -> Int {
        guard !settlements.isEmpty else { return 0 }
        let tally = Mutex((left: settlements.count, arrived: 0))
        return await withCheckedContinuation { continuation in
            let report: Report = { verdict in
                let arrived = tally.withLock { tally -> Int? in
                    tally.left -= 1
                    if verdict == .arrived { tally.arrived += 1 }
                    return tally.left == 0 ? tally.arrived : nil
                }
                if let arrived { continuation.resume(returning: arrived) }
            }
            submit(settlements.map { ($0, report) })
        }
    }

    /// Whether a job is on its way out of the record.
    nonisolated func holds(_ delivery: Delivery) -> Bool {
        inbox.withLock { inbox in
            let sequence = delivery.sequence
            return inbox.refused.contains(sequence) || inbox.done.contains { $0.sequence == sequence }
                || inbox.moved.contains { $0.settlement.delivery.sequence == sequence }
                || inbox.writing.done.contains { $0.sequence == sequence }
                || inbox.writing.moved.contains { $0.sequence == sequence }
        }
    }

    /// Ends ``run()`` as soon as everything that was handed in is written.
    nonisolated func close() {
        inbox.withLock { $0.isClosed = true }
        bell.ring()
    }

    /// Waits until ``run()`` has ended.
    nonisolated func drained() async { await drain.wait() }

    /// Settles until it is closed and there is nothing left to settle.
    func run() async {
        while true {
            let (batch, isClosed) = inbox.withLock { inbox -> (Inbox, Bool) in
                let batch = Self.takeBatch(from: &inbox)
                inbox.writing = (batch.done, batch.moved.map(\.settlement.delivery))
                inbox.hasEnded = inbox.isClosed && batch.isEmpty
                return (batch, inbox.isClosed)
            }
            if batch.isEmpty {
                if isClosed {
                    pulse.end()
                    return drain.ring()
                }
                await pulse.rest(on: bell, atMost: Pulse.longestRest)
            } else {
                await write(batch)
            }
        }
    }

    /// As much as one script call takes, oldest first.
    private static func takeBatch(from inbox: inout Inbox) -> Inbox {
        var batch = Inbox()
        let fitting = JobStore.callSize(of: inbox.moved.lazy.map(\.settlement.byteCount))
        guard inbox.done.count + inbox.moved.count > JobStore.largestSettlement || fitting < inbox.moved.count else {
            swap(&batch.done, &inbox.done)
            swap(&batch.moved, &inbox.moved)
            return batch
        }
        let moved = min(fitting, JobStore.largestSettlement / 2)
        let done = min(inbox.done.count, JobStore.largestSettlement - moved)
        batch.moved = Array(inbox.moved.prefix(moved))
        batch.done = Array(inbox.done.prefix(done))
        inbox.moved.removeFirst(moved)
        inbox.done.removeFirst(done)
        return batch
    }

    private func write(_ batch: Inbox) async {
        // All jobs have the same tenure, except in the moments after one was buried.
        var tenures: [Tenure] = []
        func note(_ tenure: Tenure) { if !tenures.contains(where: { $0 === tenure }) { tenures.append(tenure) } }
        for delivery in batch.done { note(delivery.tenure) }
        for entry in batch.moved { note(entry.settlement.delivery.tenure) }
        guard tenures.count > 1 else {
            if let tenure = tenures.first { await write(batch.done, batch.moved, of: tenure) }
            return
        }
        for tenure in tenures {
            await write(
                batch.done.filter { $0.tenure === tenure },
                batch.moved.filter { $0.settlement.delivery.tenure === tenure }, of: tenure)
        }
    }

    private func write(
        _ done: [Delivery], _ moved: [(settlement: Settlement, report: Report)], of tenure: Tenure
    ) async {
        var isFirstAttempt = true
        while true {
            pulse.move()
            do throws(RedisError) {
                let reply = try await store.settle(done: done, moved: moved.map(\.settlement), tenure: tenure)
                outage.end()
                release(done, moved.map(\.settlement.delivery))
                if reply.tenureIsBuried { onBuried(tenure) }
                // After an attempt without an answer, a job that is gone may well have left by that attempt.
                if isFirstAttempt, reply.doneButAbsent > 0 { reportLost(reply.doneButAbsent, of: tenure) }
                for (entry, verdict) in zip(moved, reply.verdicts) {
                    let hasLeft = !isFirstAttempt && verdict == .absent && !reply.tenureIsBuried
                    report(hasLeft ? .arrived : verdict, to: entry)
                }
                return
            } catch {
                isFirstAttempt = false
                outage.begin(error)
                guard error.code != .closed else {
                    for entry in moved { entry.report(nil) }
                    return
                }
                await pulse.rest(on: bell, atMost: outage.pause)
            }
        }
    }

    private func report(_ verdict: SettleReply.Verdict, to entry: (settlement: Settlement, report: Report)) {
        guard case .refused(let reason) = verdict else { return entry.report(verdict) }
        logger.error(
            "a job cannot be moved to where it should go; it stays in flight and is tried again",
            metadata: [LogKeys.queue: "\(entry.settlement.delivery.queue)", LogKeys.reason: "\(reason)"])
        let sequence = entry.settlement.delivery.sequence
        inbox.withLock { _ = $0.refused.insert(sequence) }
        _ = store.redis.eventLoop.scheduleTask(in: TimeAmount(Self.refusalPause)) {
            self.submit([entry])
            self.inbox.withLock { _ = $0.refused.remove(sequence) }
        }
    }

    /// Says that slots of limits are free, once for each fetch the jobs came by.
    private func release(_ done: [Delivery], _ moved: [Delivery]) {
        var last: Grant?
        for delivery in [done, moved].joined() {
            guard let grant = delivery.grant, grant !== last else { continue }
            last = grant
            grant.release()
        }
    }

    private func reportLost(_ count: Int, of tenure: Tenure) {
        logger.warning(
            "jobs were recovered by another process while they ran here, and may have run twice: the lease was lost",
            metadata: [LogKeys.count: "\(count)", LogKeys.identity: "\(tenure.identity)"])
    }
}
