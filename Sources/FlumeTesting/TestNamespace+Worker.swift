import FlumeRedis
import FlumeWire
public import FlumeWorker
public import Logging

/// A worker for one test.
extension TestNamespace {
    /// Runs a worker on the namespace while the body runs, and stops it before returning.
    ///
    /// ```swift
    /// try await withTestNamespace(on: redis) { namespace in
    ///     try await namespace.withWorker(handlers, pipelines: [Pipeline("all", queue: "mailers", concurrency: 5)]) { _ in
    ///         try await signUp("ada@example.com", jobs: namespace.client)
    ///         try await namespace.waitUntilIdle()
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - handlers: the code, by class.
    ///   - pipelines: the pipelines.
    ///   - middleware: code around every job, the outermost first.
    ///   - configuration: by default ``configuration``; its namespace is this one in any case.
    ///   - logger: by default nothing is logged.
    ///   - body: the test; it begins when jobs are being fetched.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, or what keeps the worker from running.
    @discardableResult
    public func withWorker<Result: Sendable>(
        _ handlers: HandlerRegistry, pipelines: [Pipeline], middleware: [any ServerMiddleware] = [],
        configuration: WorkerConfiguration? = nil,
        logger: Logger = Logger(label: "flume.testing") { _ in SwiftLogNoOpLogHandler() },
        _ body: (Worker) async throws -> Result
    ) async throws -> Result {
        var configuration = configuration ?? self.configuration
        configuration.namespace = name
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let worker = Worker(
            redis: redis, handlers: handlers, pipelines: pipelines, middleware: middleware,
            configuration: configuration, logger: logger
        ) { _ in isReady.yield() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isReady.finish() }
                try await worker.run()
            }
            var isRunning = false
            for await _ in ready {
                isRunning = true
                break
            }
            do {
                guard isRunning else {
                    // Says what kept it from running.
                    try await group.waitForAll()
                    throw CancellationError()
                }
                let result = try await body(worker)
                worker.stop()
                try await group.waitForAll()
                return result
            } catch {
                worker.stop()
                throw error
            }
        }
    }

    /// Waits until nothing is in a queue and nothing runs.
    ///
    /// What is for later or waits for its retry is not waited for.
    ///
    /// - Parameter timeout: when to give up.
    /// - Throws: ``NotIdleError`` after the timeout; `RedisError`; `CancellationError`.
    public func waitUntilIdle(timeout: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + timeout
        while true {
            let (waiting, running) = try await load()
            guard waiting > 0 || running > 0 else { return }
            guard ContinuousClock.now < deadline else { throw NotIdleError(waiting: waiting, running: running) }
            // Several keys of which none tells when it has become empty: all that is left is to look again.
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// How many jobs wait in queues and how many are in flight, at one moment: a job that runs may enqueue another.
    private func load() async throws(RedisError) -> (waiting: Int, running: Int) {
        let keys = KeySpace(namespace: name)
        let names = [RedisCommand("SMEMBERS", keys.queues), RedisCommand("SMEMBERS", keys.flumeProcesses)]
        while true {
            let before = try await redis.transaction(names)
            let queues = before[0].array?.compactMap(\.string) ?? []
            let processes = before[1].array?.compactMap(\.string) ?? []
            let counts = try await redis.transaction(
                names + queues.map { RedisCommand("LLEN", keys.queue($0)) }
                    + processes.map { RedisCommand("HLEN", keys.inflight($0)) })
            // A queue that has come meanwhile was not counted.
            guard counts[0] == before[0], counts[1] == before[1] else { continue }
            let numbers = counts.dropFirst(2).map { $0.integer ?? 0 }
            return (numbers.prefix(queues.count).reduce(0, +), numbers.dropFirst(queues.count).reduce(0, +))
        }
    }
}
