public import Flume
public import FlumeWire
public import FlumeWorker
public import Logging
import Synchronization

/// A job system in memory, for the tests of an application: Sidekiq's `fake` and `inline`, as a value.
///
/// No Redis is needed, nothing is global, and tests run in parallel. The application gets ``client``, an ordinary
/// `JobClient`, and is tested without change:
///
/// ```swift
/// @Test("signing up sends a welcome")
/// func welcome() async throws {
///     let jobs = TestJobs(handlers: handlers)
///     try await signUp("ada@example.com", jobs: jobs.client)
///     #expect(jobs.enqueued("WelcomeEmail", args: [42, "hello"], in: "mailers").count == 1)
///     try await jobs.drain()
///     #expect(mailer.sent == ["ada@example.com"])
/// }
/// ```
///
/// A push takes the way it takes to Redis: middleware, checks, encoding; what is collected are the bytes that would have
/// been stored. A run takes the way it takes in a worker: decoding, middleware, handler, timeout, Sidekiq's retry rules,
/// the dead set, death hooks. What concerns a worker as a whole does not happen: limits, batches of more than one job,
/// pauses, statistics, events of runs, uniqueness. Test those with ``withTestNamespace(on:_:)``.
public struct TestJobs: Sendable {
    /// What becomes of a job that is enqueued.
    public enum Mode: Sendable, Hashable {
        /// It waits until the test runs it.
        case fake
        /// It runs at once, within the call that enqueues it, also when it is for later.
        ///
        /// Its arguments are encoded and decoded on the way. When it fails, the call throws what the handler threw; that
        /// and whatever else keeps the job from being done leaves it where it would be in Redis.
        case inline
    }

    /// What the application enqueues with.
    public let client: JobClient
    let store: TestStore

    /// Makes an empty job system.
    ///
    /// - Parameters:
    ///   - mode: whether jobs wait, or run at once.
    ///   - handlers: the worker's; ``handle(with:)`` sets them later.
    ///   - middleware: the client's, the outermost first.
    ///   - serverMiddleware: the worker's, the outermost first.
    ///   - pipelines: the worker's, for their retry rules.
    ///   - configuration: the worker's, for `maximumRetries`, `unknownClass`, `deathHooks`, `payloadLimits` and
    ///     `timestampUnit`.
    ///   - start: the time at first; by default the host's.
    ///   - jitter: in place of Sidekiq's random one: the seconds added to the delay of a retry, for its `retry_count`.
    ///   - logger: what handlers log to; by default nothing is logged.
    public init(
        _ mode: Mode = .fake, handlers: HandlerRegistry = HandlerRegistry([]), middleware: [any ClientMiddleware] = [],
        serverMiddleware: [any ServerMiddleware] = [], pipelines: [Pipeline] = [],
        configuration: WorkerConfiguration = .init(), start: Timestamp? = nil,
        jitter: @escaping @Sendable (_ retryCount: Int) -> Int = { _ in 0 },
        logger: Logger = Logger(label: "flume.testing") { _ in SwiftLogNoOpLogHandler() }
    ) {
        let store = TestStore(
            mode: mode, clock: TestClock(start ?? JobClient.systemTime()), handlers: handlers,
            middleware: serverMiddleware, pipelines: pipelines, configuration: configuration, jitter: jitter,
            logger: logger)
        self.store = store
        client = store.client(middleware: middleware)
    }

    /// Whether jobs wait, or run at once.
    public var mode: Mode { store.mode }

    /// The time: of pushes, failures, and what is due.
    ///
    /// It stands still; ``advance(by:limit:)`` and ``drain(_:limit:)`` move it.
    public var clock: TestClock { store.clock }

    /// Sets the handlers, for those that are made with ``client`` themselves.
    ///
    /// ```swift
    /// let jobs = TestJobs()
    /// let application = Application(jobs: jobs.client)
    /// jobs.handle(with: application.handlers)
    /// ```
    public func handle(with handlers: HandlerRegistry) {
        store.state.withLock { $0.handlers = handlers }
    }
}
