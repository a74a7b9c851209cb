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

    /// Adds limits written as `window:50/1000ms@key`, `bucket:50/1000ms+10@key`, `leaky:50/1000ms@key`, `slots:5@key`;
    /// `each:5/1000ms@key` and `each-slots:1@key` hold for each first argument by itself.
    func limited(byText texts: [String]) throws -> Pipeline {
        try texts.reduce(self) { pipeline, text in
            let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
            let words = parts[0].split(whereSeparator: { ":/+".contains($0) }).map(String.init)
            let key = parts.count > 1 ? parts[1] : nil
            let numbers = words.dropFirst().map { Int($0.hasSuffix("ms") ? String($0.dropLast(2)) : $0) ?? 0 }
            let scale = Duration.milliseconds(numbers.count > 1 ? numbers[1] : 0)
            switch (words.first, numbers.count) {
            case ("window", 2): return pipeline.rateLimit(numbers[0], per: scale, key: key)
            case ("bucket", 3):
                return pipeline.limited(by: .tokenBucket(rate: numbers[0], per: scale, burst: numbers[2], key: key))
            case ("leaky", 2): return pipeline.limited(by: .leakyBucket(numbers[0], per: scale, key: key))
            case ("slots", 1): return pipeline.maxInCluster(numbers[0], key: key)
            case ("each", 2): return pipeline.rateLimit(numbers[0], per: scale, key: key, by: Self.firstArgument)
            case ("each-slots", 1): return pipeline.maxInCluster(numbers[0], key: key, by: Self.firstArgument)
            default: throw InteropError(description: "--limit \(text): write window:50/1000ms@key")
            }
        }
    }
}
