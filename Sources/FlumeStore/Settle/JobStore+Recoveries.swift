package import FlumeRedis
import FlumeWire

extension JobStore {
    /// How often each of these jobs was recovered from a dead process; see ``Recovery``.
    package func recoveries(of names: [String]) async throws(RedisError) -> [Int] {
        guard !names.isEmpty else { return [] }
        var command = RedisCommand("MGET")
        for name in names { command.append(keys.recoveries(name)) }
        let counts = try await redis.send(command).array ?? []
        return names.indices.map { $0 < counts.count ? counts[$0].string.flatMap { Int($0) } ?? 0 : 0 }
    }
}
