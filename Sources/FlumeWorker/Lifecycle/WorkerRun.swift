import Flume
import FlumeRedis
import FlumeStore
import Glibc
import Logging
import NIOCore

/// One run of a worker: when its parts start, and their order of leaving.
///
/// It runs on an event loop: a worker whose handlers block every thread of Swift's pool can still put their jobs back.
actor WorkerRun {
    /// How long handlers have to end after they were cancelled.
    private static let cancellationGrace = Duration.seconds(3)
    /// How long a fetch has to end, or to be taken back, before jobs are put back.
    private static let fetchGrace = Duration.seconds(1)
    /// How long Redis has to take the last counts and the good-bye.
    private static let farewellGrace = Duration.seconds(3)

    nonisolated let parts: WorkerParts
    /// What ``run(onReady:)`` is to be called with as the task's preference.
    nonisolated var taskExecutor: any TaskExecutor { parts.calm.redis.taskExecutor }

    private let configuration: WorkerConfiguration
    private let logger: Logger
    private let overdue: Bell
    private let hasLeft: Bell
    private let executor: any SerialExecutor
    /// When it was made.
    nonisolated let began = NIODeadline.now()

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ parts: WorkerParts, configuration: WorkerConfiguration, logger: Logger) {
        let eventLoop = parts.calm.redis.eventLoop
        self.parts = parts
        self.configuration = configuration
        self.logger = logger
        overdue = Bell(on: eventLoop)
        hasLeft = Bell(on: eventLoop)
        executor = eventLoop.executor
    }

    /// Runs until the phase is `stopping`, then leaves in order.
    func run(onReady: @Sendable (String) -> Void) async {
        let parts = parts
        await parts.lease.renew()
        let identity = parts.claims.tenure.identity
        logger.notice("worker started", metadata: [LogKeys.identity: "\(identity)"])
        // Swift resumes a task on the generic executor before it changes to an actor's own. With an event loop in its
        // place no child ever waits for a thread of the pool.
        let (busy, calm) = (parts.hot.redis.taskExecutor, parts.calm.redis.taskExecutor)
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: calm) { await parts.lease.run() }
            group.addTask(executorPreference: busy) { await parts.settler.run() }
            group.addTask(executorPreference: calm) { await parts.heartbeat.run() }
            group.addTask(executorPreference: calm) { await parts.poller.run() }
            group.addTask(executorPreference: calm) { await parts.recoverer.run() }
            group.addTask(executorPreference: calm) { await self.closeWhenOverdue() }
            // Nobody fetches before it knows what is paused.
            group.addTask(executorPreference: calm) { await parts.control.run() }
            startFetchers(in: &group)
            onReady(identity)
            while parts.phase.current < .quiet {
                await parts.bell.wait()
                startFetchers(in: &group)
            }
            logger.notice("worker is quiet: it takes no more jobs", metadata: [LogKeys.identity: "\(identity)"])
            parts.lanes.close()
            parts.poller.stop()
            await wait(for: .stopping)
            await leave()
        }
    }

    private func startFetchers(in group: inout DiscardingTaskGroup) {
        let lanes = parts.lanes
        for fetcher in lanes.takeUnstarted() {
            group.addTask(executorPreference: parts.hot.redis.taskExecutor) {
                await fetcher.run()
                lanes.ended(fetcher)
            }
        }
    }

    private func wait(for stage: Phase.Stage) async {
        while parts.phase.current < stage { await parts.bell.wait() }
    }

    /// Waits for a condition that rings the bell when it may have come true.
    private func wait(atMost limit: Duration, until isTrue: () -> Bool) async {
        let end = ContinuousClock.now + limit
        while !isTrue() {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return }
            await parts.bell.wait(atMost: left)
        }
    }

    /// The order of leaving: wait, put back, cancel, settle what is left, say good-bye.
    private func leave() async {
        logger.notice(
            "worker is stopping and waits for running jobs", metadata: [LogKeys.count: "\(parts.running.count)"])
        parts.control.stop()
        parts.running.endings.announce()
        await wait(atMost: configuration.shutdownTimeout) {
            parts.running.count == 0 && parts.lanes.isEmpty && parts.running.endings.areOver
        }
        // What is put back must not be fetched again, which a fetch that waits in Redis would do.
        await wait(atMost: Self.fetchGrace) { parts.lanes.isEmpty }
        overdue.ring()
        await putBack()
        await wait(atMost: Self.cancellationGrace) { parts.running.interrupted == 0 && parts.running.endings.areOver }
        parts.recoverer.stop()
        parts.settler.close()
        await parts.settler.drained()
        parts.heartbeat.stop()
        await parts.heartbeat.farewell()
        parts.lease.stop()
        await parts.lease.ended()
        await giveUpLease()
        hasLeft.ring()
        if parts.running.interrupted > 0, configuration.exitsWhenStuck {
            logger.critical(
                "handlers ignored their cancellation; their jobs are back in their queues, the process exits",
                metadata: [LogKeys.count: "\(parts.running.interrupted)"])
            _exit(1)
        }
    }

    /// First back into the queues and only then cancelled: the other way round, a crash in between would lose nothing
    /// either, but the jobs would have to wait to be recovered.
    private func putBack() async {
        let entries = parts.running.interrupt()
        parts.lanes.letGo()
        guard !entries.isEmpty else { return }
        // What was taken last goes back first, so that the oldest is the next to run.
        let settlements = entries.map(\.delivery).sorted { $0.sequence > $1.sequence }
            .map { Settlement($0, to: .front(queue: $0.queue, payload: $0.payload)) }
        let arrived = await parts.settler.settle(settlements)
        logger.warning(
            "patience ended; unfinished jobs are back at the front of their queues",
            metadata: [LogKeys.count: "\(arrived)"])
        for entry in entries { entry.task?.cancel() }
    }

    private func giveUpLease() async {
        do throws(RedisError) {
            guard try await parts.hot.leave(parts.claims.tenure) > 0 else { return }
            try await parts.recoverer.reclaimAll()
            let left = try await parts.hot.leave(parts.claims.tenure)
            guard left > 0 else { return }
            logger.warning(
                "jobs are still in flight and will be recovered by others", metadata: [LogKeys.count: "\(left)"])
        } catch {
            logger.warning("could not give up the lease; it will run out", metadata: [LogKeys.error: "\(error)"])
        }
    }

    /// Closes the connections once everything is written, or when Redis takes too long to take it.
    private func closeWhenOverdue() async {
        await overdue.wait()
        if await !hasLeft.wait(atMost: Self.cancellationGrace + Self.farewellGrace) {
            logger.error("Redis did not take the good-bye in time; what is in flight will be recovered by others")
        }
        for connection in parts.connections { await connection.close() }
    }
}
