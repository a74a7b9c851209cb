package import FlumeRedis
import FlumeWire

/// The two sorted sets of jobs that wait for a time.
package enum WaitingSet: Sendable, CaseIterable {
    case retry, schedule
}

extension JobStore {
    private static let dueScript = RedisScript(name: "due", source: PackageResources.due_lua)
    private static let promoteScript = RedisScript(
        name: "promote", source: PackageResources.trim_lua + PackageResources.promote_lua)

    private func key(of set: WaitingSet) -> String {
        switch set {
        case .retry: keys.retry
        case .schedule: keys.schedule
        }
    }

    /// What is due by Redis's clock, at most `page` jobs of each set, and when the next job will be.
    ///
    /// Reads only. `skipped` is how many of a set's first members to pass over.
    package func due(
        page: Int, skipping skipped: [WaitingSet: Int] = [:]
    ) async throws(RedisError) -> [(set: WaitingSet, jobs: DueJobs)] {
        let sets = WaitingSet.allCases
        let reply = try await redis.evaluate(Self.dueScript, keys: sets.map { key(of: $0) }) { command in
            command.append(page)
            for set in sets { command.append(skipped[set] ?? 0) }
        }
        guard case .array(let parts) = reply, parts.count == sets.count else {
            throw RedisError.unexpectedReply(to: "due.lua", reply)
        }
        return zip(sets, parts).map { set, part in
            let items = part.array ?? []
            return (
                set,
                DueJobs(
                    members: items.dropFirst(2).compactMap(\.bytes),
                    hasMore: items.count > 1 && items[1].integer == 1, microsecondsToNext: items.first?.integer)
            )
        }
    }

    /// Moves due jobs to their queues, or to `dead`, each in one atomic step and by whoever comes first.
    ///
    /// May be sent again after an unknown outcome.
    ///
    /// - Returns: for each job what became of it.
    package func promote(_ promotions: [Promotion], from set: WaitingSet) async throws(RedisError) -> [PromotionVerdict]
    {
        var keyNames = [key(of: set), keys.dead, keys.queues]
        var indexes: [ExactName: Int] = [:]
        for promotion in promotions {
            guard let queue = promotion.queue, indexes[ExactName(queue)] == nil else { continue }
            keyNames.append(keys.queue(queue))
            indexes[ExactName(queue)] = keyNames.count
        }
        let reply = try await redis.evaluate(Self.promoteScript, keys: keyNames) { command in
            command.append(deadSetLimits.seconds)
            command.append(deadSetLimits.lastRankToTrim)
            for promotion in promotions {
                command.append(promotion.member)
                command.append(promotion.queue.flatMap { indexes[ExactName($0)] } ?? 0)
                command.append(promotion.queue ?? "")
                command.append(promotion.payload)
            }
        }
        guard case .array(let parts) = reply, parts.count == promotions.count else {
            throw RedisError.unexpectedReply(to: "promote.lua", reply)
        }
        return parts.map { part in
            switch part {
            case .integer(1): .moved
            case .integer: .gone
            default: .refused(part.string ?? "\(part)")
            }
        }
    }
}
