import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import FlumeWorker
import Logging
import Synchronization

/// What stands in Redis's place in a ``TestJobs``.
///
/// It does not hold the client that pushes into it, so that neither keeps the other alive.
final class TestStore: PushTarget {
    struct State {
        var handlers: HandlerRegistry
        var listeners: [AsyncStream<EnqueuedJob>.Continuation] = []
        /// All that was pushed.
        var pushed: [EnqueuedJob] = []
        /// The queues, as one: the next to run first.
        var waiting: [EnqueuedJob] = []
        /// By the time they are due.
        var scheduled: [EnqueuedJob] = []
        /// By the time they are due.
        var retries: [EnqueuedJob] = []
        var dead: [EnqueuedJob] = []
        var runs: [JobRun] = []
    }

    let mode: TestJobs.Mode
    let clock: TestClock
    let state: Mutex<State>
    private let middleware: [any ServerMiddleware]
    private let pipelines: [Pipeline]
    private let configuration: WorkerConfiguration
    private let jitter: @Sendable (Int) -> Int
    private let logger: Logger

    init(
        mode: TestJobs.Mode, clock: TestClock, handlers: HandlerRegistry, middleware: [any ServerMiddleware],
        pipelines: [Pipeline], configuration: WorkerConfiguration, jitter: @escaping @Sendable (Int) -> Int,
        logger: Logger
    ) {
        self.mode = mode
        self.clock = clock
        self.middleware = middleware
        self.pipelines = pipelines
        self.configuration = configuration
        self.jitter = jitter
        self.logger = logger
        state = Mutex(State(handlers: handlers))
    }

    /// A client that pushes here.
    func client(middleware: [any ClientMiddleware] = []) -> JobClient {
        JobClient(
            store: .unreachable, target: self, middleware: middleware, timestampUnit: configuration.timestampUnit,
            limits: configuration.payloadLimits, events: configuration.events, now: { [clock] in clock.now })
    }

    /// What runs jobs, with a worker's client for further ones, which has no middleware.
    func runner(_ handlers: HandlerRegistry? = nil) -> JobRunner {
        JobRunner(
            handlers: handlers ?? state.withLock { $0.handlers }, middleware: middleware, configuration: configuration,
            jobs: client(middleware: configuration.clientMiddleware), now: { [clock] in clock.now }, jitter: jitter,
            logger: logger)
    }

    /// The pipeline that reads a queue.
    func pipeline(of queue: String) -> Pipeline? {
        pipelines.first { $0.queues.contains { $0.name == queue } }
    }

    /// Takes every job: locks of unique jobs are Redis's, and a test decides itself what is there twice.
    func push(_ items: [PushItem]) async throws -> [Int: String] {
        let now = clock.now
        let jobs = try items.map { item in
            let payload = try JobPayload(parsing: item.payload, limits: configuration.payloadLimits)
            switch item.place {
            case .queue(let name): return EnqueuedJob(payload: payload, queue: name, at: nil, enqueuedAt: now)
            case .schedule(let seconds):
                return EnqueuedJob(
                    payload: payload, queue: payload.queue ?? "default", at: Timestamp(seconds: seconds),
                    enqueuedAt: now)
            }
        }
        state.withLock { state in
            state.pushed += jobs
            for listener in state.listeners { for job in jobs { listener.yield(job) } }
            guard mode == .fake else { return }
            for job in jobs { state.insert(job) }
        }
        guard mode == .inline else { return [:] }
        var failure: (any Error)?
        for job in jobs {
            let run = await run(job)
            if run.ending.isFailure { failure = failure ?? run.error }
        }
        try Task.checkCancellation()
        if let failure { throw failure }
        return [:]
    }
}

extension JobStore {
    /// For what would go past the test to Redis: it fails, with this path in the error.
    fileprivate static let unreachable = JobStore(
        redis: RedisClient(
            RedisConfiguration(address: .unix(path: "/a-test-without-redis"), commandTimeout: .milliseconds(100)),
            logger: Logger(label: "flume.testing") { _ in SwiftLogNoOpLogHandler() }),
        keys: KeySpace())
}

extension TestStore.State {
    /// Puts a job where it waits.
    mutating func insert(_ job: EnqueuedJob) {
        if job.at == nil { waiting.append(job) } else { Self.insert(job, into: &scheduled) }
    }

    /// Puts a failed job where it waits for its retry.
    mutating func insert(retry job: EnqueuedJob) { Self.insert(job, into: &retries) }

    /// Behind those due before or with it.
    private static func insert(_ job: EnqueuedJob, into set: inout [EnqueuedJob]) {
        let place = set.firstIndex { other in job.isDue(before: other) } ?? set.endIndex
        set.insert(job, at: place)
    }
}

extension EnqueuedJob {
    /// Whether it is due before another.
    func isDue(before other: EnqueuedJob) -> Bool {
        guard let at, let otherAt = other.at else { return false }
        return at < otherAt
    }
}
