import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore
import Synchronization

/// The station between fetch and process of a pipeline that batches: jobs wait here for company, and batches for a place.
///
/// What it holds is in flight in Redis, has its slot, and is among the running jobs, like a job that runs. It decides
/// only when and with whom a job runs; the ``Processor`` runs and settles it.
final class Batcher: Sendable {
    private struct State {
        var line: BatchLine<BatchMember>
        /// Fetched and not sorted yet.
        var inbox: [(delivery: Delivery, deadline: ContinuousClock.Instant?)] = []
        var isSorting = false
        var timers: [Int: Scheduled<Void>] = [:]
        /// Whether nothing waits for company any longer.
        var isDraining = false
        /// Whether nothing begins to run any longer.
        var isClosed = false
    }

    private let rule: BatchRule
    private let lane: Lane
    private let processor: Processor
    private let claims: Claims
    private let events: EventBus
    private let pressure: BatchPressure
    private let admission: BatchAdmission?
    private let state: Mutex<State>

    init(_ rule: BatchRule, in lane: Lane, processor: Processor, claims: Claims, events: EventBus) {
        self.rule = rule
        self.lane = lane
        self.processor = processor
        self.claims = claims
        self.events = events
        self.pressure = BatchPressure(of: lane, on: processor.timers, events: events)
        self.admission = lane.admission.map { BatchAdmission($0, logger: processor.logger) }
        self.state = Mutex(State(line: BatchLine(size: rule.size, concurrency: lane.pipeline.concurrency)))
        lane.admission?.shortage.listen { [weak self] in self?.startReady(afterFetch: true) }
    }

    /// Takes deliveries and their slots.
    ///
    /// Returns at once. It is called on the event loop of the jobs' connection, so they are read and sorted elsewhere.
    func start(_ deliveries: [Delivery]) {
        FaultPoint.pass("batch.gather")
        lane.slots.take(deliveries.count)
        pressure.update()
        processor.running.add(deliveries, startedAt: processor.clock.secondsSinceEpoch)
        let deadline = lane.admission?.deadline(deliveries.first?.grant)
        let isIdle = state.withLock { state in
            state.inbox += deliveries.map { ($0, deadline) }
            defer { state.isSorting = true }
            return !state.isSorting
        }
        // One at a time sorts, so that jobs keep the order in which they were fetched.
        if isIdle { Task { sort() } }
    }

    /// From now on nothing waits for company: the last job of the pipeline has been fetched.
    func drain() {
        state.withLock { state in
            state.isDraining = true
            // What is being sorted belongs to the same batches.
            if !state.isSorting { state.line.flush() }
        }
        startReady()
    }

    /// Lets go of everything that has not begun to run; nothing begins after this.
    ///
    /// Called when all jobs were put back, so that what it held counts as ended.
    func close() {
        let held = state.withLock { state in
            state.isClosed = true
            for timer in state.timers.values { timer.cancel() }
            state.timers = [:]
            defer { state.inbox = [] }
            return state.line.removeAll().map(\.delivery) + state.inbox.map(\.delivery)
        }
        for delivery in held { _ = processor.running.remove(delivery) }
    }

    private func sort() {
        while true {
            let deliveries = state.withLock { state in
                if state.inbox.isEmpty { state.isSorting = false }
                defer { state.inbox = [] }
                return state.inbox
            }
            if deliveries.isEmpty { break }
            for (delivery, deadline) in deliveries { place(delivery, deadline) }
            state.withLock { state in
                if state.isDraining { state.line.flush() }
            }
            startReady()
        }
        startReady(afterFetch: true)
    }

    /// Finds out whether a job may share a batch, and with which others.
    private func place(_ delivery: Delivery, _ deadline: ContinuousClock.Instant?) {
        guard let payload = try? JobPayload(parsing: delivery.payload, limits: processor.limits),
            let jobClass = payload.handlerName, let handler = processor.handlers[jobClass],
            handler.performBatch != nil
        else { return hold(BatchMember(delivery: delivery, context: nil, deadline: deadline), with: nil) }
        let context = JobContext(
            payload: payload, queue: delivery.queue, jobClass: jobClass, environment: processor.environment)
        do {
            if let problem = delivery.grant?.problem { throw problem }
            let group = try rule.key?(payload) ?? ""
            hold(
                BatchMember(delivery: delivery, context: context, deadline: deadline),
                with: .init(jobClass: jobClass, group: group))
        } catch {
            Task {
                await processor.end(delivery, .failed(error), handler, context, .zero, in: lane)
                release(1)
                startReady()
            }
        }
    }

    /// Puts a job where it waits; `key` is `nil` for one that runs alone.
    private func hold(_ member: BatchMember, with key: BatchLine<BatchMember>.Key?) {
        let isHeld = state.withLock { state in
            guard !state.isClosed else { return false }
            if let key {
                guard let id = state.line.add(member, to: key) else { return true }
                state.timers[id] = processor.timers.scheduleTask(in: TimeAmount(rule.timeout)) {
                    self.timeIsUp(for: id)
                }
            } else {
                state.line.add(alone: member)
            }
            return true
        }
        if !isHeld { _ = processor.running.remove(member.delivery) }
    }

    private func timeIsUp(for id: Int) {
        state.withLock { state in
            state.timers[id] = nil
            state.line.timeIsUp(for: id)
        }
        startReady()
    }

    /// Starts what has a place.
    ///
    /// `afterFetch` tells that what is known about slots is news, and not from before a batch ended and gave its own back.
    private func startReady(afterFetch: Bool = false) {
        let units = state.withLock { state -> [BatchLine<BatchMember>.Unit] in
            guard !state.isClosed else { return [] }
            var units: [BatchLine<BatchMember>.Unit] = []
            state.line.concurrency = lane.concurrency
            repeat {
                while let unit = state.line.takeNext() {
                    state.timers.removeValue(forKey: unit.id)?.cancel()
                    units.append(unit)
                }
                // With all places for jobs taken by batches that wait for more of them, more will not come.
            } while !state.isSorting && relieve(&state.line, afterFetch)
            return units
        }
        for unit in units { start(unit) }
    }

    /// Has a batch run before it is full if it would wait in vain.
    private func relieve(_ line: inout BatchLine<BatchMember>, _ afterFetch: Bool) -> Bool {
        if lane.slots.available <= 0 { return line.relieve() }
        // The slots that are missing may be those of jobs that wait here. Those of jobs that run come free by themselves.
        return afterFetch && lane.admission?.shortage.isOn == true && line.isIdle && line.relieve()
    }

    private func start(_ unit: BatchLine<BatchMember>.Unit) {
        let task = JobTask()
        processor.running.attach(task, to: unit.members.map(\.delivery))
        task.isPerformed(
            by: Task {
                let members = unit.members.filter(isOurs)
                if !members.isEmpty { await run(members, of: unit) }
                release(unit.members.count)
                state.withLock { $0.line.ended() }
                startReady()
            })
    }

    private func run(_ members: [BatchMember], of unit: BatchLine<BatchMember>.Unit) async {
        guard let jobClass = unit.key?.jobClass, let handler = processor.handlers[jobClass],
            let performBatch = handler.performBatch
        else {
            for member in members { await processor.perform(member.delivery, in: lane, before: member.leave.deadline) }
            return
        }
        var waiting = members
        while !waiting.isEmpty {
            waiting = await withoutCancelled(waiting.filter(isOurs), handler)
            var (starting, others) = await readmit(waiting, handler)
            if starting.isEmpty { return }
            if let unlocked = await unlock(starting) {
                starting = unlocked
                // That took its time, so look again.
                if starting.contains(where: \.isLate) || starting.isEmpty {
                    waiting = starting + others
                    continue
                }
            }
            waiting = others
            events.emit(
                .batchFlushed(
                    pipeline: lane.pipeline.name, jobClass: jobClass, size: starting.count, reason: unit.reason ?? .size
                ))
            await processor.perform(starting, performBatch, of: handler, in: lane)
        }
    }

    /// Ends those that were cancelled while they waited here.
    ///
    /// - Returns: the others.
    private func withoutCancelled(_ members: [BatchMember], _ handler: Handler) async -> [BatchMember] {
        var others: [BatchMember] = []
        for member in members {
            guard let context = member.context, processor.running.isCancelled(member.delivery) else {
                others.append(member)
                continue
            }
            await processor.end(member.delivery, .cancelled, handler, context, .zero, in: lane)
        }
        return others
    }

    /// Has the limits admit those again that waited here for longer than they may start after it.
    ///
    /// - Returns: those that may start now, and those that have to wait a little more; none when all are back in their
    ///   queue, or were cancelled.
    private func readmit(
        _ members: [BatchMember], _ handler: Handler
    ) async -> (starting: [BatchMember], others: [BatchMember]) {
        guard let admission else { return (members, []) }
        do {
            return try await admission.readmit(members)
        } catch {
            await processor.putBack(withoutCancelled(members, handler).map(\.delivery))
            return ([], [])
        }
    }

    /// Lets others of their token in, for unique jobs that keep their lock until they start.
    ///
    /// - Returns: those that are still there to be started; `nil` when there was nothing to do.
    private func unlock(_ members: [BatchMember]) async -> [BatchMember]? {
        guard members.contains(where: { !$0.isUnlocked && $0.context?.payload.lockUntilStart != nil }) else {
            return nil
        }
        let there = await processor.unlock(
            members.compactMap { member in
                member.isUnlocked ? nil : member.context.map { (delivery: member.delivery, context: $0) }
            })
        let sequences = Set(there.map(\.delivery.sequence))
        return members.filter { $0.isUnlocked || sequences.contains($0.delivery.sequence) }.map { member in
            var member = member
            member.isUnlocked = true
            return member
        }
    }

    /// Whether a job is still this process's to run, after it has waited here.
    private func isOurs(_ member: BatchMember) -> Bool {
        let isHeld = processor.running.contains(member.delivery)
        if isHeld, member.delivery.tenure === claims.tenure { return true }
        _ = processor.running.remove(member.delivery)
        if isHeld {
            processor.logger.warning(
                "job was recovered by another process while it waited for its batch here; it is dropped",
                metadata: [LogKeys.queue: "\(member.delivery.queue)"])
        }
        return false
    }

    private func release(_ count: Int) {
        lane.slots.release(count)
        pressure.update()
    }
}
