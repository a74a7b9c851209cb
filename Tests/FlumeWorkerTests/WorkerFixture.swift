import FlumeRedis
import FlumeWorker
import Logging
import Synchronization
import TestSupport

/// A worker under test that is running.
struct RunningWorker: Sendable {
    let worker: Worker
    /// Its identity when it was ready; another one after it was buried.
    let identity: String
}

extension WorkerConfiguration {
    /// Quick where speed costs nothing, and Sidekiq's defaults elsewhere.
    static var quick: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.heartbeatInterval = .milliseconds(50)
        configuration.pollInterval = .milliseconds(20)
        configuration.shutdownTimeout = .seconds(10)
        configuration.hostname = "test"
        configuration.reportsMetrics = false
        return configuration
    }

    /// The same, and a process counts as dead after two to three times so long.
    static func quick(lease: Duration) -> WorkerConfiguration {
        var configuration = quick
        configuration.leaseDuration = lease
        return configuration
    }
}

/// A logger that says nothing.
let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

/// Runs a worker on the probe's database while the body runs; then stops it and waits until it has returned.
@discardableResult
func withWorker<Result: Sendable>(
    on probe: RedisProbe, _ handlers: [Handler], pipelines: [Pipeline]? = nil, queue: String = "default",
    concurrency: Int = 5, middleware: [any ServerMiddleware] = [], configuration: WorkerConfiguration = .quick,
    logger: Logger = silent, adjust: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RunningWorker) async throws -> Result
) async throws -> Result {
    var redis = probe.client.configuration
    adjust(&redis)
    let (identities, continuation) = AsyncStream<String>.makeStream()
    let worker = Worker(
        redis: RedisProbe(redis).client, handlers: HandlerRegistry(handlers),
        pipelines: pipelines ?? [Pipeline("default", queue: queue, concurrency: concurrency)], middleware: middleware,
        configuration: configuration, logger: logger
    ) { continuation.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await worker.run()
        }
        var identity = ""
        for await first in identities {
            identity = first
            break
        }
        do {
            let result = try await body(RunningWorker(worker: worker, identity: identity))
            worker.stop()
            try await group.waitForAll()
            return result
        } catch {
            worker.stop()
            throw error
        }
    }
}

/// What handlers did, in order.
final class Journal: Sendable {
    private let state = Mutex<[String]>([])

    var entries: [String] { state.withLock { $0 } }
    var count: Int { state.withLock { $0.count } }

    func note(_ entry: String) { state.withLock { $0.append(entry) } }

    /// Waits until there are so many entries.
    func wait(for count: Int, timeout: Duration = .seconds(15)) async throws {
        try await eventually("\(count) entries; there are \(entries)", timeout: timeout) { self.count >= count }
    }
}

/// A gate that handlers wait at until the test opens it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Waits until it is open.
    ///
    /// - Throws: `CancellationError`.
    func pass() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Swift.Result<Void, any Error>? = state.withLock { state in
                    if state.isOpen { return .success(()) }
                    if state.cancelled.contains(id) { return .failure(CancellationError()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.cancelled.insert(id)
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Lets everybody through from now on.
    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }
}

/// What a handler throws to fail.
struct Boom: Error, CustomStringConvertible {
    var description = "boom"

    init(_ description: String = "boom") { self.description = description }
}

/// A job as Ruby writes it, with a jid, its arguments as JSON, and further fields as JSON.
func job(_ jobClass: String, _ jid: String, args: String = "[]", _ more: String = "\"retry\":true") -> String {
    #"{"class":"\#(jobClass)","args":\#(args),"jid":"\#(jid)","queue":"default",\#(more)}"#
}

extension Handler {
    /// Notes each jid it runs.
    static func noting(_ journal: Journal, as jobClass: String = "Note") -> Handler {
        .raw(jobClass) { _, context in journal.note(context.jid) }
    }

    /// Notes each jid it runs, and stays until the gate opens.
    static func gated(_ journal: Journal, _ gate: Gate, as jobClass: String = "Gated") -> Handler {
        .raw(jobClass) { _, context in
            journal.note(context.jid)
            try await gate.pass()
        }
    }

    /// Fails each time.
    static func failing(_ jobClass: String = "Fail", _ error: any Error = Boom()) -> Handler {
        .raw(jobClass) { _, _ in throw error }
    }
}

extension RedisProbe {
    /// Waits until a sorted set has so many members, and returns them.
    func wait(for count: Int, in key: String) async throws -> [String] {
        try await eventually("\(count) members in \(key)") { try await number("ZCARD", key) >= count }
        return try await members(key)
    }

    /// Waits until nothing is in flight anywhere, and the queue is empty.
    func waitUntilDrained(_ queue: String = "default") async throws {
        try await eventually("queue:\(queue) is empty and nothing is in flight") {
            guard try await number("LLEN", "queue:\(queue)") == 0 else { return false }
            return try await inflight().isEmpty
        }
    }

    /// What is in flight in all processes together: payloads.
    func inflight() async throws -> [String] {
        var all: [String] = []
        for identity in try await set("flume:processes") {
            all += try await hash("flume:inflight:\(identity)").values
        }
        return all
    }
}
