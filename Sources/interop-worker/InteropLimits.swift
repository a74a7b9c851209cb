import FlumeRedis
import FlumeWire
import FlumeWorker
import Glibc
import Synchronization

/// Writes down when jobs start, by Redis's clock, on connections that carry nothing else.
final class Stamper: Sendable {
    private static let script = """
        local t = redis.call('TIME')
        redis.call('RPUSH', KEYS[1], ARGV[1] .. ' ' .. string.format('%.0f', t[1] * 1000000 + t[2]))
        """
    private let connections: [RedisClient]
    private let next = Atomic(0)
    private let identity = Mutex("pid:\(getpid())")

    init(_ redis: RedisClient) {
        connections = (0..<2).map { redis.sibling(name: "stamp\($0)") }
    }

    /// The process's name, once it has one.
    func setIdentity(_ name: String) { identity.withLock { $0 = name } }

    /// `<jid> <identity> <microseconds>` at the end of `interop:stamps`.
    func stamp(_ jid: String) async throws {
        let turn = next.add(1, ordering: .relaxed).oldValue
        let connection = connections[turn % connections.count]
        let identity = identity.withLock { $0 }
        _ = try await connection.send(
            RedisCommand("EVAL", Self.script, "1", "interop:stamps", "\(jid) \(identity)"))
    }
}

extension Pipeline {
    private static let firstArgument: KeyOfJob = { payload in try payload.arguments().first?.string ?? "" }

    /// Runs one `LimitedJob` at a time for each first argument, in all processes together.
    var withLimitedJobs: Pipeline {
        maxInCluster(1, key: "LimitedJob") { payload in
            try payload.handlerName == "LimitedJob" ? Self.firstArgument(payload) : nil
        }
    }
}
