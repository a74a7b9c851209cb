import FlumeRedis
import FlumeWire

/// Reads what is stored, in pages and with commands that change nothing.
///
/// Jobs come and go meanwhile: one that moves between two pages may be seen twice or not at all.
struct StoredJobs: Sendable {
    /// Where jobs are stored.
    enum Place: Hashable {
        case queue(String), retry, schedule, dead

        var name: String {
            switch self {
            case .queue(let name): "queue:\(name)"
            case .retry: "retry"
            case .schedule: "schedule"
            case .dead: "dead"
            }
        }
    }

    /// A payload may have megabytes.
    private static let pageSize = 100
    private static let mostQueues = 10_000

    let redis: RedisClient
    let keys: KeySpace

    /// The names of all queues, sorted.
    func queues() async throws(RedisError) -> [String] {
        var names: Set<String> = []
        var cursor = "0"
        repeat {
            let reply = try await redis.send(RedisCommand("SSCAN", keys.queues, cursor, "COUNT", "1000"))
            names.formUnion(reply.array?.last?.array?.compactMap(\.string) ?? [])
            cursor = reply.array?.first?.string ?? "0"
        } while cursor != "0" && names.count < Self.mostQueues
        return names.sorted()
    }

    /// Hands out the payloads of a place, the oldest or next due first.
    ///
    /// - Parameters:
    ///   - place: where.
    ///   - limit: how many at most.
    ///   - body: called with each.
    /// - Returns: what is to be said of the place.
    /// - Throws: when Redis does not answer. What it refuses, such as a key of the wrong type, is said of the place.
    func read(
        _ place: Place, limit: Int, _ body: ([UInt8]) -> Void
    ) async throws(RedisError) -> CheckReport.Place {
        var said = CheckReport.Place(name: place.name, size: 0, read: 0)
        while said.read < limit {
            let (first, last) = (said.read, min(limit, said.read + Self.pageSize) - 1)
            let replies = try await redis.send(commands(place, first, last))
            if let error = replies.lazy.compactMap(\.error).first {
                said.problem = error.message
                return said
            }
            said.size = replies[0].integer ?? 0
            let page = replies[1].array?.compactMap(\.bytes) ?? []
            // The head of a queue is its youngest.
            if case .queue = place { page.reversed().forEach(body) } else { page.forEach(body) }
            said.read += page.count
            if page.count <= last - first { break }
        }
        said.size = max(said.size, said.read)
        return said
    }

    private func commands(_ place: Place, _ first: Int, _ last: Int) -> [RedisCommand] {
        switch place {
        case .queue(let name):
            let key = keys.queue(name)
            return [RedisCommand("LLEN", key), RedisCommand("LRANGE", key, "\(-last - 1)", "\(-first - 1)")]
        case .retry: return setCommands(keys.retry, first, last)
        case .schedule: return setCommands(keys.schedule, first, last)
        case .dead: return setCommands(keys.dead, first, last)
        }
    }

    private func setCommands(_ key: String, _ first: Int, _ last: Int) -> [RedisCommand] {
        [RedisCommand("ZCARD", key), RedisCommand("ZRANGE", key, "\(first)", "\(last)")]
    }
}
