public import FlumeRedis
package import FlumeStore
public import FlumeWire
import Glibc

/// Enqueues jobs: Sidekiq's client.
///
/// An application that only enqueues links nothing else.
///
/// ```swift
/// let jobs = JobClient(redis: redis)
/// try await jobs.enqueue(WelcomeEmail(userID: 42, template: "hello"))
/// ```
///
/// When a call returns, Redis has the jobs. When it throws ``RedisError`` with the code `unknownOutcome`, the connection
/// was lost after the write and nobody knows; the client does not try again, because a second job may be worse than an
/// error. Every other error means that nothing was written.
public struct JobClient: Sendable {
    let store: JobStore
    /// Where pushes go: the store, or what a test has in its place.
    let target: any PushTarget
    let middleware: [any ClientMiddleware]
    let timestampUnit: Timestamp.Unit
    let limits: PayloadLimits
    let events: EventBus
    let now: @Sendable () -> Timestamp
    /// See ``sharingWithExq()``.
    var sharesWithExq = false
    let jobIDs = JobIDSource()

    /// Makes a client; nothing is sent before the first push.
    ///
    /// - Parameters:
    ///   - redis: where the jobs go.
    ///   - namespace: put before every key with a colon; empty for none, as Sidekiq 7 and later have it.
    ///   - middleware: code around every push, the outermost first.
    ///   - timestampUnit: how `created_at` and `enqueued_at` are written. Only Sidekiq 8 reads milliseconds.
    ///   - limits: what a payload may be at most; a larger one is refused before it is written.
    ///   - events: told of every push that Redis has acknowledged; may be a worker's.
    public init(
        redis: RedisClient, namespace: String = "", middleware: [any ClientMiddleware] = [],
        timestampUnit: Timestamp.Unit = .floatSeconds, limits: PayloadLimits = .default, events: EventBus = EventBus()
    ) {
        self.init(
            store: JobStore(redis: redis, keys: KeySpace(namespace: namespace)), middleware: middleware,
            timestampUnit: timestampUnit, limits: limits, events: events, now: Self.systemTime)
    }

    package init(
        store: JobStore, target: (any PushTarget)? = nil, middleware: [any ClientMiddleware],
        timestampUnit: Timestamp.Unit, limits: PayloadLimits, events: EventBus = EventBus(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.target = target ?? store
        self.middleware = middleware
        self.timestampUnit = timestampUnit
        self.limits = limits
        self.events = events
        self.now = now
    }

    /// Enqueues a job to run as soon as possible.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - options: in place of the type's own.
    /// - Returns: its jid; `nil` when a middleware stopped it, or when it is unique and another job holds its lock.
    /// - Throws: ``RedisError``, ``PayloadError``, `ArgumentsError`; what a middleware threw.
    @discardableResult
    public func enqueue<J: Job>(_ job: J, options: JobOptions? = nil) async throws -> String? {
        try await push([makePayload(job, options ?? J.options)], at: nil).first.flatMap(\.self)
    }

    /// Enqueues raw payloads: for classes that have no Swift type.
    ///
    /// `jid`, `created_at`, `queue` and `retry` are added where they are missing.
    ///
    /// - Parameters:
    ///   - payload: with `class` and `args`.
    ///   - at: seconds since 1970 to run it at; `nil`, or a time that has passed: as soon as possible.
    /// - Returns: its jid; `nil` when a middleware stopped it, or when it is unique and another job holds its lock.
    /// - Throws: ``RedisError``, ``PayloadError``; what a middleware threw.
    @discardableResult
    public func push(_ payload: JobPayload, at: Timestamp? = nil) async throws -> String? {
        try await push([payload], at: at).first.flatMap(\.self)
    }

    package func makePayload<J: Job>(_ job: J, _ options: JobOptions) throws -> JobPayload {
        try JobPayload(job, options: options)
    }

    /// The host's clock.
    @Sendable package static func systemTime() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000)
    }
}
