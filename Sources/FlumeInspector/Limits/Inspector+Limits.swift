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
        let places = Dictionary(grouping: try await store.parkingPlaces(), by: \.limit)
        let replies = try await store.redis.send(
            names.flatMap { name in
                [RedisCommand("HGETALL", keys.limit(name)), RedisCommand("HLEN", keys.limitSlots(name))]
            })
        var limits: [QueueFacts.Limit] = []
        for (index, name) in names.enumerated() {
            let fields = Self.fields(replies[2 * index])
            let parked = try await parked(at: places[name] ?? [])
            limits.append(
                QueueFacts.Limit(
                    key: name, fields: fields, available: await available(name, fields),
                    slots: replies[2 * index + 1].integer ?? 0, parkedKeys: parked.keys, parked: parked.first))
        }
        return limits
    }

    /// For how many keys jobs are parked, and how many for the first of those.
    private func parked(
        at places: [ParkingPlace]
    ) async throws(RedisError) -> (keys: Int, first: [QueueFacts.Limit.Parked]) {
        let replies = try await store.redis.send(
            places.flatMap { place in
                [
                    RedisCommand("ZCARD", keys.parkedIndex(place)),
                    RedisCommand("ZRANGE", keys.parkedIndex(place), "0", String(Self.parkedKeysListed - 1)),
                ]
            })
        var (count, first) = (0, [QueueFacts.Limit.Parked]())
        for (index, place) in places.enumerated() {
            count += replies[2 * index].integer ?? 0
            let names = (replies[2 * index + 1].array?.compactMap(\.string) ?? [])
                .prefix(Self.parkedKeysListed - first.count)
            let lengths = try await store.redis.send(names.map { RedisCommand("LLEN", keys.parked(place, $0)) })
            first += zip(names, lengths).map { .init(pipeline: place.pipeline, key: $0, jobs: $1.integer ?? 0) }
        }
        return (count, first)
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
