public import Flume
public import FlumeRedis
public import FlumeWorker

/// A namespace of its own in a real Redis, for one test.
public struct TestNamespace: Sendable {
    /// Its name; no other test has it.
    public let name: String
    /// The Redis.
    public let redis: RedisClient

    /// A client that enqueues into it.
    public var client: JobClient { JobClient(redis: redis, namespace: name) }

    /// The default configuration of a worker, for this namespace and without metrics.
    public var configuration: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.namespace = name
        configuration.reportsMetrics = false
        return configuration
    }

    /// How many keys are asked for in one command.
    private static let page = 1000

    init(on redis: RedisClient) {
        self.redis = redis
        name = "flume-test-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    /// Removes every key of the namespace.
    func remove() async throws(RedisError) {
        var cursor = "0"
        repeat {
            var scan = RedisCommand("SCAN", cursor, "MATCH", "\(name):*", "COUNT")
            scan.append(Self.page)
            guard case .array(let parts) = try await redis.send(scan), parts.count == 2, let next = parts[0].string
            else { return }
            let keys = parts[1].array ?? []
            if !keys.isEmpty {
                var unlink = RedisCommand("UNLINK")
                for key in keys { unlink.append(key.bytes ?? []) }
                _ = try await redis.send(unlink)
            }
            cursor = next
        } while cursor != "0"
    }
}

/// Gives a test a namespace of its own in a real Redis, and removes all of its keys afterwards.
///
/// Any number of tests, in any number of processes, can use one Redis so at a time. A worker of the test must have returned
/// before the body does, or it writes more: ``TestNamespace/withWorker(_:pipelines:middleware:configuration:logger:_:)``
/// sees to that.
///
/// - Parameters:
///   - redis: the Redis.
///   - body: the test.
/// - Returns: what the body returns.
/// - Throws: what the body throws, else `RedisError` when the keys cannot be removed.
@discardableResult
public func withTestNamespace<Result>(
    on redis: RedisClient, _ body: (TestNamespace) async throws -> Result
) async throws -> Result {
    let namespace = TestNamespace(on: redis)
    do {
        let result = try await body(namespace)
        try await namespace.remove()
        return result
    } catch {
        try? await namespace.remove()
        throw error
    }
}
