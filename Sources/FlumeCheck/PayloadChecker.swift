public import FlumeRedis
import FlumeWire
public import FlumeWorker

/// Decodes what waits in Redis against the handlers of a worker, and runs nothing.
///
/// It only reads: a user of Redis that may do no more (`+@read +@connection`) will do.
///
/// ```swift
/// let report = try await PayloadChecker(redis: redis, handlers: handlers).report()
/// print(report.text)
/// ```
public struct PayloadChecker: Sendable {
    /// What is read.
    public struct Scope: Sendable, Hashable {
        /// The queues; `nil` for all.
        public var queues: [String]?
        /// Whether `retry`, `schedule` and `dead` are read too.
        public var includesSets = true
        /// The only classes to look at; empty for all.
        public var classes: Set<String> = []
        /// How many jobs of each queue and set are read at most, the oldest first.
        public var limit = 10_000

        /// Everything, up to the limit.
        public init() {}
    }

    private let stored: StoredJobs
    private let check: @Sendable (JobPayload) throws -> Void

    /// Makes a checker; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - redis: where the jobs are.
    ///   - namespace: put before every key with a colon; empty for none.
    ///   - handlers: those of the worker.
    ///   - expectations: arguments of further classes; a handler comes before them.
    public init(
        redis: RedisClient, namespace: String = "", handlers: HandlerRegistry,
        expectations: [ExpectedArguments] = []
    ) {
        stored = StoredJobs(redis: redis, keys: KeySpace(namespace: namespace))
        let expected = Dictionary(expectations.map { ($0.jobClass, $0) }) { _, later in later }
        check = { payload in
            do {
                try handlers.check(payload)
            } catch let error as UnknownClassError {
                guard let expected = expected[error.jobClass] else { throw error }
                try expected.check(payload)
            }
        }
    }

    /// Reads and decodes.
    ///
    /// - Parameter scope: what is read.
    /// - Returns: what was found.
    /// - Throws: ``RedisError`` when Redis does not answer.
    public func report(on scope: Scope = Scope()) async throws(RedisError) -> CheckReport {
        var queues = scope.queues
        if queues == nil { queues = try await stored.queues() }
        var places = (queues ?? []).map { StoredJobs.Place.queue($0) }
        if scope.includesSets { places += [.retry, .schedule, .dead] }
        var tally = CheckTally(classes: scope.classes, check: check)
        for place in places {
            let said = try await stored.read(place, limit: max(0, scope.limit)) { tally.add($0, in: place.name) }
            tally.add(said)
        }
        return tally.finished()
    }
}
