public import Flume
public import FlumeWire

/// A class name, the code for it, and rules of its own: what Sidekiq writes as a job class with its options.
public struct Handler: Sendable {
    typealias Perform = @Sendable (JobContext) async throws -> Void
    /// Runs many jobs and says of each, in the same order, how it ended.
    typealias PerformBatch = @Sendable ([JobContext]) async -> [Outcome]
    /// Decodes the arguments as performing would, and does nothing with them.
    typealias Check = @Sendable (JobPayload) throws -> Void

    /// Shared by all copies: a handler is looked up for every job.
    private final class Storage: Sendable {
        let jobClass: String
        let retry: RetrySetting
        let perform: Perform
        let performBatch: PerformBatch?
        let rules: Rules

        init(
            _ jobClass: String, _ retry: RetrySetting, _ rules: Rules, _ performBatch: PerformBatch?,
            _ perform: @escaping Perform
        ) {
            self.jobClass = jobClass
            self.retry = retry
            self.rules = rules
            self.perform = perform
            self.performBatch = performBatch
        }
    }

    struct Rules {
        var check: Check = { _ in }
        var timeout: Duration?
        var backOff: BackOff?
        var exhausted: ExhaustedHook?
        var deathHooks: [DeathHook] = []
    }

    private let storage: Storage

    /// The Ruby class name it answers to.
    public var jobClass: String { storage.jobClass }
    /// The `retry` of the Swift type's options, for payloads that carry none of their own.
    var retry: RetrySetting { storage.retry }
    var perform: Perform { storage.perform }
    /// Set if it takes many jobs at a time.
    var performBatch: PerformBatch? { storage.performBatch }
    /// Takes anything where the handler reads the payload itself.
    var check: Check { storage.rules.check }
    var timeout: Duration? { storage.rules.timeout }
    /// Its own; `nil` leaves it to the pipeline.
    var backOff: BackOff? { storage.rules.backOff }
    var exhausted: ExhaustedHook? { storage.rules.exhausted }
    var deathHooks: [DeathHook] { storage.rules.deathHooks }

    init(
        named jobClass: String, retry: RetrySetting = .default, performBatch: PerformBatch? = nil,
        check: @escaping Check = { _ in }, perform: @escaping Perform
    ) {
        storage = Storage(jobClass, retry, Rules(check: check), performBatch, perform)
    }

    init(_ handler: Handler, _ change: (inout Rules) -> Void) {
        var rules = handler.storage.rules
        change(&rules)
        storage = Storage(handler.jobClass, handler.retry, rules, handler.performBatch, handler.perform)
    }

    /// Handles a typed job with a closure.
    ///
    /// Arguments that do not fit the type fail the job with a message that names the position and both types.
    ///
    /// - Parameters:
    ///   - type: the job.
    ///   - perform: called for each job; see ``JobHandler/perform(_:context:)`` for what returning and throwing mean.
    public init<J: Job>(for type: J.Type, perform: @escaping @Sendable (J, JobContext) async throws -> Void) {
        let check: Check = { _ = try J(decodingArgumentsOf: $0) }
        self.init(named: J.jobClass, retry: J.options.retry, check: check) { context in
            try await perform(J(decodingArgumentsOf: context.payload), context)
        }
    }

    /// Handles a typed job with a value that has its own dependencies.
    public init<H: JobHandler>(_ handler: H) {
        self.init(for: H.Arguments.self) { job, context in try await handler.perform(job, context: context) }
    }

    /// Handles a class by name, with a closure whose parameters are the job's positional arguments.
    ///
    /// ```swift
    /// Handler("ImageJob") { (context, id: Int, sizes: [String]) in … }
    /// ```
    ///
    /// The context comes first because Swift cannot call a closure with a parameter behind those of a pack.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - perform: called with the decoded arguments. Missing trailing optionals are `nil`; anything else that does not
    ///     fit fails the job with a message that names the position and both types.
    public init<each Argument: Decodable & Sendable>(
        _ jobClass: String, perform: @escaping @Sendable (JobContext, repeat each Argument) async throws -> Void
    ) {
        @Sendable func arguments(of payload: JobPayload) throws -> (repeat each Argument) {
            let decoder = try ArgumentsDecoder(payload)
            var position = -1
            func next<T: Decodable>(_ type: T.Type) throws -> T {
                position += 1
                return try decoder.decode(type, position: position)
            }
            let arguments = (repeat try next((each Argument).self))
            try decoder.checkCount(taken: position + 1)
            return arguments
        }
        self.init(named: jobClass, check: { _ = try arguments(of: $0) }) { context in
            let arguments = try arguments(of: context.payload)
            try await perform(context, repeat each arguments)
        }
    }

    /// Handles a class by name and leaves reading the payload to the closure.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - perform: called with the payload; nothing of its `args` was looked at.
    /// - Returns: the handler.
    public static func raw(
        _ jobClass: String, perform: @escaping @Sendable (JobPayload, JobContext) async throws -> Void
    ) -> Handler {
        Handler(named: jobClass) { context in try await perform(context.payload, context) }
    }

    /// Cancels a job's task when it has run so long; it then fails with ``JobTimeoutError`` and is retried.
    ///
    /// Cancellation is co-operative: code that ignores it runs on, and the worker says so in its log. For a handler of
    /// batches the time is that of the whole batch, and all jobs of it are cancelled together.
    public func timeout(_ timeout: Duration) -> Handler {
        Handler(self) { $0.timeout = timeout }
    }

    /// How long to wait before a retry: Sidekiq's `sidekiq_retry_in`.
    ///
    /// It comes before the pipeline's; without either, Sidekiq's formula decides.
    public func backOff(_ backOff: BackOff) -> Handler {
        Handler(self) { $0.backOff = backOff }
    }

    /// Asked when a job of this class has used up its retries, was killed or cancelled, before that is written: Sidekiq's
    /// `sidekiq_retries_exhausted`, whose `:discard` is ``ExhaustedVerdict/discard``.
    ///
    /// The last one set counts. A process that dies in between asks again, so what it does must bear being done twice. A
    /// job that is taken for the killer of its processes is not asked about: its code shall not run.
    public func onExhausted(_ hook: @escaping ExhaustedHook) -> Handler {
        Handler(self) { $0.exhausted = hook }
    }

    /// Called when a job of this class has died and that is written: Sidekiq's death handlers, for one class.
    public func onDeath(_ hook: @escaping DeathHook) -> Handler {
        Handler(self) { $0.deathHooks.append(hook) }
    }
}
