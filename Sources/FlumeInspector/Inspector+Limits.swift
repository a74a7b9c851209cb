import FlumeRedis
import FlumeStore
import FlumeWire

extension Inspector {
    /// How many of the keys that jobs are parked for are listed for each limit.
    private static let parkedKeysListed = 100

    /// Set of the names of the limits in use.
    var limitsKey: String { keys.key("flume:limits") }

    /// What is stored of limits, whatever their kind.
    func limits(_ names: [String]) async throws(RedisError) -> [QueueFacts.Limit] {
        let redis = store.redis
        let replies = try await redis.send(
            names.flatMap { name in
                [
                    RedisCommand("HGETALL", keys.limit(name)),
                    RedisCommand("HLEN", keys.limitSlots(name)),
                    RedisCommand("ZCARD", keys.parkedIndex(name)),
                    RedisCommand("ZRANGE", keys.parkedIndex(name), "0", String(Self.parkedKeysListed - 1)),
                ]
            })
        var limits: [QueueFacts.Limit] = []
        for (index, name) in names.enumerated() {
            let part = replies[(4 * index)..<(4 * index + 4)].map { $0 }
            let parkedKeys = part[3].array?.compactMap(\.string) ?? []
            let lengths = try await redis.send(
                parkedKeys.map { RedisCommand("LLEN", keys.parked(name, $0)) })
            let fields = Self.fields(part[0])
            limits.append(
                QueueFacts.Limit(
                    key: name, fields: fields, available: await available(name, fields), slots: part[1].integer ?? 0,
                    parkedKeys: part[2].integer ?? 0,
                    parked: zip(parkedKeys, lengths).map { .init(key: $0, jobs: $1.integer ?? 0) }))
        }
        return limits
    }

    /// How many a limit lets through now.
    ///
    /// A limit that cannot be asked leaves a gap in the facts and does not keep the others from being told.
    private func available(_ name: String, _ fields: [String: String]) async -> Int? {
        guard let kind = fields["kind"].flatMap(Limit.Kind.init), let count = fields["count"].flatMap({ Int($0) }),
            let scale = fields["scale"].flatMap({ Int($0) }), let burst = fields["burst"].flatMap({ Int($0) })
        else { return nil }
        let numbers = Limit.Numbers(kind, count: count, scale: scale, burst: burst)
        return try? await store.usage(of: Limit(name, numbers, keys: keys)).room
    }

    private static func fields(_ reply: RedisReply) -> [String: String] {
        let words = reply.array?.compactMap(\.string) ?? []
        return Dictionary(
            stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }, uniquingKeysWith: { $1 })
    }
}
