package import FlumeRedis
package import FlumeWire

/// Something that can be emptied.
package enum ClearableKey: Sendable, Hashable {
    /// A queue, which may leave the list of queues too.
    case queue(String, isRemoved: Bool)
    case set(StoredSet)
}

extension JobStore {
    private static let clearScript = RedisScript(name: "clear", source: PackageResources.clear_lua)
    /// How long what was cleared is kept for its locks to be read, if whoever cleared it ends meanwhile.
    private static let clearedMilliseconds = 3_600_000

    /// Empties a queue or a sorted set at once, and leaves what was in it for the caller to read under another name.
    ///
    /// - Returns: how many jobs were there; the other name, which the caller drops.
    package func clear(
        _ target: ClearableKey, id: String
    ) async throws(RedisError) -> (count: Int, cleared: String) {
        let cleared = keys.cleared(id)
        let (key, name) =
            switch target {
            case .queue(let name, let isRemoved): (keys.queue(name), isRemoved ? name : "")
            case .set(let set): (key(of: set), "")
            }
        let reply = try await redis.evaluate(Self.clearScript, keys: [key, cleared, keys.queues]) { command in
            command.append(Self.clearedMilliseconds)
            command.append(name)
        }
        guard let count = reply.integer else { throw RedisError.unexpectedReply(to: "clear.lua", reply) }
        return (count, cleared)
    }

    /// A page of what was cleared.
    package func page(
        ofCleared cleared: String, from target: ClearableKey, first: Int, count: Int
    ) async throws(RedisError) -> [[UInt8]] {
        let command =
            switch target {
            case .queue: "LRANGE"
            case .set: "ZRANGE"
            }
        let reply = try await redis.send(RedisCommand(command, cleared, String(first), String(first + count - 1)))
        return reply.array?.compactMap(\.bytes) ?? []
    }

    /// Drops what was cleared.
    package func drop(cleared: String) async throws(RedisError) {
        _ = try await redis.send(RedisCommand("UNLINK", cleared))
    }
}

extension KeySpace {
    /// What was in a queue or a sorted set that was cleared, while its locks are released.
    package func cleared(_ id: String) -> String { key("flume:cleared:" + id) }
}
