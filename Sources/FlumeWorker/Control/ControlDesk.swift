import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Logging
import NIOCore

/// Where a running worker is told what to fetch: pauses and subscriptions, from inside and from other processes.
///
/// It decides who may fetch. It never touches a job: what was fetched runs and is settled as ever.
actor ControlDesk {
    typealias Scope = FlumeEvent.PauseScope

    /// How often to look whether the jobs of something paused have ended.
    private static let waitInterval = Duration.milliseconds(10)

    let lanes: Lanes
    let events: EventBus
    let logger: Logger
    /// Tells the Web UI at once.
    let announce: @Sendable () -> Void
    private let store: JobStore
    private let claims: Claims
    private let board: PauseBoard
    let running: RunningJobs
    private let executor: any SerialExecutor
    private(set) var pauses = Pauses()

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// `announce` is called when what the Web UI shows has changed.
    init(
        store: JobStore, claims: Claims, lanes: Lanes, board: PauseBoard, running: RunningJobs, events: EventBus,
        logger: Logger, announce: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.claims = claims
        self.lanes = lanes
        self.board = board
        self.running = running
        self.events = events
        self.logger = logger
        self.announce = announce
        self.executor = store.redis.eventLoop.executor
    }

    // MARK: Pauses

    /// Pauses, and waits for jobs that run if asked to.
    ///
    /// - Returns: whether no job of it runs here any more.
    func pause(_ scope: Scope, permanently: Bool, waiting: Duration?) async throws -> Bool {
        try check(scope, permanently: permanently)
        if permanently {
            switch scope {
            case .queue(let name): try await store.pause(queue: name)
            case .pipeline(let name): try await store.pause(pipeline: name)
            case .all: try await store.pause(pipeline: KeySpace.everyPipeline)
            }
            _ = try await refresh()
        } else if pauses.pause(scope) {
            apply()
            events.emit(.paused(scope, isPermanent: false))
            logger.notice("paused in this process", metadata: [LogKeys.paused: "\(scope.words)"])
        }
        return try await wait(for: scope, atMost: waiting ?? .zero)
    }

    /// Ends a pause.
    func resume(_ scope: Scope, permanently: Bool) async throws {
        try check(scope, permanently: permanently)
        if permanently {
            switch scope {
            case .queue(let name): try await store.resume(queue: name)
            case .pipeline(let name): try await store.resume(pipeline: name)
            case .all: try await store.resume(pipeline: KeySpace.everyPipeline)
            }
            _ = try await refresh()
        } else if let (obstacle, isPermanent) = pauses.obstacle(to: scope, in: lanes.current.map(\.pipeline.name)) {
            throw ControlError.stillPaused(scope, by: obstacle, isPermanent: isPermanent)
        }
        let ended = pauses.resume(scope)
        apply()
        for scope in ended {
            events.emit(.resumed(scope, isPermanent: false))
            logger.notice("resumed in this process", metadata: [LogKeys.paused: "\(scope.words)"])
        }
    }

    /// Asks Redis what is paused, and for commands.
    ///
    /// - Returns: the commands that wait for this process.
    func refresh(answers: [ControlAnswer] = []) async throws(RedisError) -> [[UInt8]] {
        let reply = try await store.control(identity: claims.tenure.identity, answers: answers)
        let before = pauses.permanent
        pauses.learn(pipelines: reply.pipelines, queues: reply.queues)
        apply()
        let after = pauses.permanent
        for scope in after.subtracting(before) where concerns(scope) {
            events.emit(.paused(scope, isPermanent: true))
            logger.notice("paused in every process", metadata: [LogKeys.paused: "\(scope.words)"])
        }
        for scope in before.subtracting(after) where concerns(scope) {
            events.emit(.resumed(scope, isPermanent: true))
            logger.notice("resumed in every process", metadata: [LogKeys.paused: "\(scope.words)"])
        }
        return reply.commands
    }

    /// Says to a pipeline whether it may fetch.
    nonisolated func apply(_ pauses: Pauses, to lane: Lane) {
        lane.gate.set(isOpen: pauses.allows(pipeline: lane.pipeline.name), paused: pauses.closedQueues)
    }

    private func apply() {
        for lane in lanes.current { apply(pauses, to: lane) }
        if board.post(pauses.record) { announce() }
    }

    /// A name that nobody here has is a slip of the pen, except that of a queue for all: others may read it.
    private func check(_ scope: Scope, permanently: Bool) throws(ControlError) {
        switch scope {
        case .all: break
        case .pipeline(let name):
            guard !name.isEmpty else { throw .emptyName }
            guard concerns(scope) else { throw .unknownPipeline(name, known: lanes.current.map(\.pipeline.name)) }
        case .queue(let name):
            guard !name.isEmpty else { throw .emptyName }
            guard permanently || concerns(scope) else { throw .unknownQueue(name, known: queues) }
        }
    }

    /// Whether something is a pipeline or queue of this process.
    private func concerns(_ scope: Scope) -> Bool {
        switch scope {
        case .all: true
        case .pipeline(let name): lanes.current.contains { $0.pipeline.name == name }
        case .queue(let name): queues.contains(name)
        }
    }

    /// The queues read here, each once.
    var queues: [String] {
        var names: [String] = []
        for name in lanes.current.flatMap(\.gate.subscribed) where !names.contains(name) { names.append(name) }
        return names
    }

    /// Waits until the fetches under way have ended and no job runs that they, or earlier ones, brought.
    private func wait(for scope: Scope, atMost limit: Duration) async throws -> Bool {
        let lanes = lanes.all.filter { lane in
            switch scope {
            case .all: true
            case .pipeline(let name): lane.pipeline.name == name
            case .queue(let name): lane.pipeline.queues.contains { $0.name == name }
            }
        }
        let fetches = lanes.map(\.gate.fetch)
        let timer = Bell(on: store.redis.eventLoop)
        let end = ContinuousClock.now + limit
        while true {
            // Fetches first: the jobs of one have their slots before it ends.
            let isFetching = zip(lanes, fetches).contains { lane, fetch in
                fetch != nil && lane.gate.fetch == fetch || lane.gate.holdsOutdated
            }
            if !isFetching, isIdle(scope, lanes) { return true }
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return false }
            try Task.checkCancellation()
            await timer.wait(atMost: min(left, Self.waitInterval))
        }
    }

    private func isIdle(_ scope: Scope, _ lanes: [Lane]) -> Bool {
        guard case .queue(let name) = scope else { return lanes.allSatisfy { $0.slots.taken == 0 } }
        return !running.snapshot.contains { $0.delivery.queue == name }
    }
}
