import FlumeRedis
import FlumeWorker
import Logging
import TestSupport

@testable import FlumeHealth

/// A logger that says nothing.
let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

/// A free port of this machine.
let anyPort = HealthAddress.tcp(host: "127.0.0.1", port: 0)

/// Runs an endpoint while the body runs.
///
/// - Returns: What the body returns, once the endpoint has ended.
@discardableResult
func withEndpoint<Result: Sendable>(
    at address: HealthAddress = anyPort, limits: HealthLimits = .init(), patience: Duration = .seconds(30),
    health: @escaping @Sendable () -> WorkerHealth, _ body: (HealthAddress) async throws -> Result
) async throws -> Result {
    let (addresses, continuation) = AsyncStream<HealthAddress>.makeStream()
    let server = HealthServer(
        at: address, limits: limits, patience: patience, logger: silent, onReady: { continuation.yield($0) },
        health: health)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await server.run()
        }
        var real: HealthAddress?
        for await first in addresses {
            real = first
            break
        }
        guard let real else {
            try await group.waitForAll()
            throw TestSupportError("the endpoint has ended")
        }
        do {
            let result = try await body(real)
            group.cancelAll()
            try await group.waitForAll()
            return result
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

/// A worker at rest, on which all is well.
func healthyWorker() -> WorkerHealth {
    var health = WorkerHealth(stage: .running)
    health.identity = "host:1:abc"
    health.startedAt = 1_700_000_000.25
    health.redis = .init(silence: .milliseconds(20), reconnects: 2)
    health.lease = .init(age: .seconds(1), duration: .seconds(10))
    health.loops = [.init(name: "lease", stillFor: .seconds(1), overdue: .zero)]
    health.pipelines = [.init(name: "default", isOpen: true, busy: 3, concurrency: 5)]
    return health
}

/// Settings with which a worker notices quickly what becomes of Redis.
func quickConfiguration() -> WorkerConfiguration {
    var configuration = WorkerConfiguration()
    configuration.heartbeatInterval = .milliseconds(100)
    configuration.pollInterval = .milliseconds(20)
    configuration.leaseDuration = .seconds(1)
    configuration.shutdownTimeout = .seconds(10)
    configuration.reportsMetrics = false
    return configuration
}

/// A client of a server that gives up soon.
func quickClient(_ url: String) throws -> RedisClient {
    var configuration = try RedisConfiguration(url: url)
    configuration.commandTimeout = .milliseconds(300)
    configuration.connectTimeout = .milliseconds(300)
    configuration.keepAlive = .milliseconds(200)
    configuration.backOff = RedisBackOff(base: .milliseconds(10), cap: .milliseconds(100))
    return RedisClient(configuration, logger: silent)
}

/// A job as Ruby writes it.
func job(_ jobClass: String, _ jid: String, args: String = "[]", _ more: String = "\"retry\":true") -> String {
    #"{"class":"\#(jobClass)","args":\#(args),"jid":"\#(jid)","queue":"default",\#(more)}"#
}

/// Waits until a page answers with a status.
///
/// - Returns: That answer.
@discardableResult
func eventually(_ path: String, _ status: Int, at address: HealthAddress) async throws -> HTTPCall {
    var last: HTTPCall?
    do {
        try await eventually("\(path) is \(status)", timeout: .seconds(20)) {
            last = try await .get(path, at: address)
            return last?.status == status
        }
    } catch {
        throw TestSupportError("\(error); it says \(last?.body ?? "nothing")")
    }
    guard let last else { throw TestSupportError("no answer") }
    return last
}
