import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore
import Synchronization

/// Enqueues the jobs of a schedule when their time comes, by Redis's clock.
///
/// Every process does. Each tick belongs to whoever is first, by a mark in Redis that is moved in the same step in which
/// the job arrives. It sleeps until the next tick of any entry.
actor CronScheduler {
    /// For how long entries stay in force without a process that has them.
    private static let term = 60_000
    /// The entries are kept in force well within their term.
    private static let longestPause = Duration.seconds(20)
    /// After a job that could not be made, or that Redis would not take.
    private static let pauseAfterFailure = Duration.seconds(5)

    private let schedule: CronSchedule
    private let digest: String
    private let rests: [(entry: String, seconds: Int)]
    private let jobs: JobClient
    private let store: JobStore
    private let logger: Logger
    private let bell: Bell
    private let executor: any SerialExecutor
    private let isStopped = Atomic(false)
    /// Turns Redis's microseconds into those it goes by.
    private let now: @Sendable (Int) -> Int
    private var outage: Outage
    private var hasStarted = false
    private var isResting = false
    /// What could not be enqueued, so that it is said once.
    private var failing: [String: String] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// `now` is for tests: it turns the microseconds of Redis into others.
    init(
        _ schedule: CronSchedule, jobs: JobClient, logger: Logger, now: @escaping @Sendable (Int) -> Int = { $0 }
    ) {
        // A connection of its own: what waits on it must not keep the service from ending.
        let redis = jobs.jobStore.redis.sibling(name: "cron")
        self.schedule = schedule
        self.digest = schedule.digest
        self.rests = schedule.entries.map { (entry: $0.name, seconds: $0.longestRest) }
        self.jobs = jobs
        self.store = JobStore(redis: redis, keys: jobs.jobStore.keys)
        self.logger = logger
        self.now = now
        self.bell = Bell(on: redis.eventLoop)
        self.executor = redis.eventLoop.executor
        self.outage = Outage("keep the time of periodic jobs", logger: logger, events: jobs.eventBus)
    }

    /// What ``run()`` is to be called with as the task's preference.
    nonisolated var taskExecutor: any TaskExecutor { store.redis.taskExecutor }

    /// Enqueues until it is stopped.
    func run() async {
        while !isStopped.load(ordering: .acquiring) {
            do throws(RedisError) {
                let pause = try await pass()
                outage.end()
                await bell.wait(atMost: pause)
            } catch {
                if isStopped.load(ordering: .acquiring) { break }
                outage.begin(error)
                await bell.wait(atMost: outage.pause)
            }
        }
        await store.redis.close()
    }

    /// Ends ``run()``; what it waits for from Redis is given up.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
        // Not a child of anybody: whoever stops it need not wait for it, and the loop closes it too.
        Task(executorPreference: taskExecutor) { await self.store.redis.close() }
    }

    /// Puts the entries in force where that is to be done, and enqueues what is due.
    ///
    /// - Returns: how long to sleep.
    func pass() async throws(RedisError) -> Duration {
        if !hasStarted {
            try await enforce(replacingOthers: true)
            hasStarted = true
        }
        var watch = try await self.watch()
        if watch.holder == .nobody {
            // Those who had others are gone, or Redis has lost its data.
            try await enforce(replacingOthers: false)
            watch = try await self.watch()
        }
        if watch.holder == .thisProcess, schedule.entries.contains(where: { watch.entries[$0.name]?.hasMark != true }) {
            // Redis has lost what it knew of entries that are in force: nobody would run them, and nobody would say so.
            logger.warning(
                "Redis has lost the state of periodic jobs; they begin anew, enabled or not as the schedule says",
                metadata: [CronLogKeys.schedule: "\(schedule.name)"])
            try await enforce(replacingOthers: false)
            watch = try await self.watch()
        }
        let asked = ContinuousClock.now
        guard watch.holder == .thisProcess else {
            rest(true)
            return Self.longestPause
        }
        rest(false)
        let microseconds = now(watch.now)
        let seconds = Timestamp(microseconds: microseconds).wholeSeconds
        var pause = Self.longestPause
        for entry in schedule.entries {
            guard let state = watch.entries[entry.name], state.isEnabled else { continue }
            let ticks = entry.due(after: state.tick, now: seconds)
            if !ticks.isEmpty, try await !enqueue(ticks, of: entry) { pause = min(pause, Self.pauseAfterFailure) }
            if let next = entry.expression.nextTick(after: seconds) {
                let (distance, isFar) = (next - seconds).multipliedReportingOverflow(by: 1_000_000)
                if !isFar { pause = min(pause, .microseconds(distance - (microseconds - seconds * 1_000_000))) }
            }
        }
        return max(pause - asked.duration(to: .now), .milliseconds(1))
    }

    private func watch() async throws(RedisError) -> CronWatch {
        try await store.watch(schedule.name, digest: digest, milliseconds: Self.term, rests: rests)
    }

    private func enforce(replacingOthers: Bool) async throws(RedisError) {
        _ = try await store.enforce(
            schedule.entries.map(\.definition), of: schedule.name, digest: digest, milliseconds: Self.term,
            replacingOthers: replacingOthers)
    }

    /// Says once when the entries of this process are no longer in force, and once when they are again.
    private func rest(_ isResting: Bool) {
        guard isResting != self.isResting else { return }
        self.isResting = isResting
        if isResting {
            logger.notice(
                "another process was started with other entries for this cron schedule; those of this one rest",
                metadata: [CronLogKeys.schedule: "\(schedule.name)"])
        } else {
            logger.notice(
                "the cron entries of this process are in force again",
                metadata: [CronLogKeys.schedule: "\(schedule.name)"])
        }
    }

    /// - Returns: whether all went well.
    private func enqueue(_ ticks: [Int], of entry: CronEntry) async throws(RedisError) -> Bool {
        var prepared: [JobClient.Prepared?] = []
        do {
            for tick in ticks {
                let payload = try entry.payload(for: Timestamp(microseconds: tick * 1_000_000))
                prepared.append(try await Self.prepare(payload, jobs))
            }
        } catch {
            fail(entry, "\(error)")
            return false
        }
        let pushes = zip(ticks, prepared).map { CronTickPush(tick: $0, item: $1?.item, jid: $1?.jid ?? "") }
        let count: Int?
        do throws(RedisError) {
            count = try await store.tick(pushes, of: entry.name, in: schedule.name, digest: digest)
        } catch {
            // A queue that is no list, or not allowed, is no fault of the connection: other entries need not wait.
            guard error.code == .reply || error.code == .refused else { throw error }
            fail(entry, error.message)
            return false
        }
        failing[entry.name] = nil
        report(prepared, count ?? 0, of: entry, ticks)
        return true
    }

    /// The middleware is the application's code, which may block: it runs where such code runs.
    @concurrent
    private static func prepare(_ payload: JobPayload, _ jobs: JobClient) async throws -> JobClient.Prepared? {
        guard jobs.hasMiddleware else { return try await jobs.prepareItem(payload) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await jobs.prepareItem(payload) }
    }

    private func report(_ prepared: [JobClient.Prepared?], _ count: Int, of entry: CronEntry, _ ticks: [Int]) {
        let jobs = prepared.compactMap { $0 }
        // Another process may have enqueued the older ones.
        for job in jobs.suffix(count) { self.jobs.report(job) }
        guard count > 0, let last = jobs.last, let tick = ticks.last else { return }
        logger.info(
            "periodic job enqueued",
            metadata: [
                CronLogKeys.entry: "\(entry.name)", CronLogKeys.jid: "\(last.jid)", CronLogKeys.count: "\(count)",
                CronLogKeys.jobClass: "\(entry.payload.handlerName ?? "")", CronLogKeys.tick: "\(tick)",
            ])
    }

    private func fail(_ entry: CronEntry, _ reason: String) {
        guard failing.updateValue(reason, forKey: entry.name) != reason else { return }
        logger.error(
            "a periodic job cannot be enqueued; trying again",
            metadata: [CronLogKeys.entry: "\(entry.name)", CronLogKeys.error: "\(reason)"])
    }
}
