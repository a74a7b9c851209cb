package import FlumeRedis
package import FlumeWire

extension JobStore {
    private static let unlockScript = RedisScript(name: "unlock", source: PackageResources.unlock_lua)

    /// Releases locks of unique jobs, as far as these jobs hold them.
    ///
    /// For what does not pass through a settlement: a job that is started, or deleted where it waits. May be sent again.
    ///
    /// - Returns: how many were released.
    @discardableResult
    package func unlock(_ locks: [UniqueLock]) async throws(RedisError) -> Int {
        guard !locks.isEmpty else { return 0 }
        let reply = try await redis.evaluate(Self.unlockScript, keys: locks.map { keys.unique($0.token) }) { command in
            for lock in locks { command.append(lock.jid) }
        }
        return reply.integer ?? 0
    }
}
