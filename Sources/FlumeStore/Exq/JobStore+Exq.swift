package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let restoreScript = RedisScript(name: "restore", source: PackageResources.restore_lua)

    /// Puts jobs back in their queue that a node of Exq had in flight, unless it lives; so many at most.
    ///
    /// - Returns: whether it lives, how many were put back and how many are left.
    package func restoreExqBackup(
        of node: String, queue: String, page: Int
    ) async throws(RedisError) -> (isAlive: Bool, restored: Int, left: Int) {
        let keyNames = [
            keys.exqProcess(node), keys.exqBackup(node: node, queue: queue), keys.queue(queue), keys.queues,
        ]
        let reply = try await redis.evaluate(Self.restoreScript, keys: keyNames) { command in
            command.append(queue)
            command.append(page)
        }
        guard case .array(let parts) = reply, parts.count == 3, let isAlive = parts[0].integer,
            let restored = parts[1].integer, let left = parts[2].integer
        else { throw RedisError.unexpectedReply(to: "restore.lua", reply) }
        return (isAlive == 1, restored, left)
    }
}
