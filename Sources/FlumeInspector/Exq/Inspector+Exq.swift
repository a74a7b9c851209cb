public import FlumeRedis
import FlumeStore
import FlumeWire

/// What nodes of Exq leave behind.
///
/// Flume's workers touch none of it. A node of Exq puts its jobs back when it starts again under the same id, or another
/// node does where heartbeats are on; when neither is to come, as at the end of a migration, somebody has to.
extension Inspector {
    private static let restorePage = 100

    /// What nodes of Exq have in flight, by node and queue.
    ///
    /// It looks through the names of all keys, in pages that do not keep Redis from others for long.
    ///
    /// - Returns: those that are not empty.
    /// - Throws: ``RedisError``.
    public func exqBackups() async throws(RedisError) -> [ExqBackup] {
        let prefix = keys.exqBackup(node: "", queue: "").dropLast(2)
        var names: Set<String> = []
        var cursor = "0"
        repeat {
            let command = RedisCommand("SCAN", cursor, "MATCH", "*queue:backup::*", "COUNT", "1000")
            let parts = try await store.redis.send(command).array ?? []
            for key in parts.last?.array?.compactMap(\.string) ?? [] where key.hasPrefix(prefix) {
                names.insert(String(key.dropFirst(prefix.count)))
            }
            cursor = parts.first?.string ?? "0"
        } while cursor != "0"
        let queues = Set(try await members(of: [keys.queues])[0])
        var backups: [ExqBackup] = []
        for name in names.sorted() {
            if let backup = try await exqBackup(name, queues: queues) { backups.append(backup) }
        }
        return backups
    }

    /// Puts the jobs back in their queues that a node of Exq had in flight when it died; the oldest runs next.
    ///
    /// A node that hangs for more than a minute looks dead: what it runs is run a second time then.
    ///
    /// - Parameter node: its id.
    /// - Returns: how many jobs.
    /// - Throws: ``InspectorError/nodeLives(_:)``, and nothing was moved since the node lives; ``RedisError``.
    @discardableResult
    public func restoreExqBackups(of node: String) async throws -> Int {
        var restored = 0
        for backup in try await exqBackups() where backup.node == node {
            guard !backup.isAlive else { throw InspectorError.nodeLives(node) }
            var left = backup.jobs
            while left > 0 {
                let page = try await store.restoreExqBackup(of: node, queue: backup.queue, page: Self.restorePage)
                guard !page.isAlive else { throw InspectorError.nodeLives(node) }
                restored += page.restored
                left = page.left
            }
        }
        return restored
    }

    /// Reads `<node>::<queue>`, either of which may have such colons in it.
    private func exqBackup(_ name: String, queues: Set<String>) async throws(RedisError) -> ExqBackup? {
        let parts = name.split(separator: "::", omittingEmptySubsequences: false)
        let readings = (1..<max(1, parts.count)).map { place in
            (
                node: parts[..<place].joined(separator: "::"), queue: parts[place...].joined(separator: "::")
            )
        }
        guard let reading = readings.first(where: { queues.contains($0.queue) }) ?? readings.first else { return nil }
        let replies = try await store.redis.send(
            [RedisCommand("LLEN", keys.exqBackup(node: reading.node, queue: reading.queue))]
                + readings.map { RedisCommand("EXISTS", keys.exqProcess($0.node)) })
        guard let jobs = replies[0].integer, jobs > 0 else { return nil }
        return ExqBackup(
            node: reading.node, queue: reading.queue, jobs: jobs,
            isAlive: replies.dropFirst().contains { $0.integer == 1 })
    }
}
