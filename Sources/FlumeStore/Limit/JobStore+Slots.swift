package import FlumeRedis
import FlumeWire

/// Who holds slots of concurrency limits.
extension JobStore {
    private static let forgetScript = RedisScript(name: "forget", source: PackageResources.forget_lua)
    /// How many keys are looked at at once: there is one for each key that ever had a job.
    private static let slotsPage = 200

    /// Gives slots back.
    package func releaseSlots(_ names: [String], under slotsKey: String) async throws(RedisError) {
        guard !names.isEmpty else { return }
        _ = try await redis.send(Self.release(names, slotsKey))
    }

    private static func release(_ names: [String], _ slotsKey: String) -> RedisCommand {
        var command = RedisCommand("HDEL", slotsKey)
        for name in names { command.append(name) }
        return command
    }

    /// The slots of all concurrency limits that any process has declared, a page at a time.
    package func slotKeys() async throws(RedisError) -> [ArraySlice<String>] {
        let replies = try await redis.send([
            RedisCommand("SMEMBERS", keys.limits), RedisCommand("SMEMBERS", keys.slotLists),
        ])
        let names = replies[0].array?.compactMap(\.string) ?? []
        var all = Set(replies[1].array?.compactMap(\.string) ?? [])
        let kinds = try await redis.send(names.map { RedisCommand("HGET", keys.limit($0), "kind") })
        for (name, kind) in zip(names, kinds) where kind.string == Limit.Kind.slots.rawValue {
            all.insert(keys.limitSlots(name))
        }
        let sorted = all.sorted()
        return stride(from: 0, to: sorted.count, by: Self.slotsPage).map { first in
            sorted[first..<min(first + Self.slotsPage, sorted.count)]
        }
    }

    /// Where jobs of a process hold slots.
    ///
    /// - Parameters:
    ///   - identity: the process.
    ///   - page: keys to look at.
    /// - Returns: the keys, by the sequence number of the job.
    /// - Throws: when Redis did not answer.
    package func slots(
        heldBy identity: String, under page: ArraySlice<String>
    ) async throws(RedisError) -> [Int: Set<String>] {
        let replies = try await redis.send(page.map { RedisCommand("HGETALL", $0) })
        let prefix = identity + ":"
        var held: [Int: Set<String>] = [:]
        for (slotsKey, reply) in zip(page, replies) {
            for name in (reply.array ?? []).lazy.compactMap(\.string) where name.hasPrefix(prefix) {
                guard let sequence = Int(name.dropFirst(prefix.count)) else { continue }
                held[sequence, default: []].insert(slotsKey)
            }
        }
        return held
    }

    /// Takes away slots of jobs whose process is no process any more, and forgets keys under which nobody holds one.
    ///
    /// A key that holds something of another type is passed over.
    ///
    /// - Parameter page: keys to look at.
    /// - Throws: when Redis did not answer.
    package func sweepSlots(under page: ArraySlice<String>) async throws(RedisError) {
        let replies = try await redis.send(page.map { RedisCommand("HGETALL", $0) })
        // Whoever held a slot before the list was read was on it, unless it has left.
        let listed = Set(try await processesWithLeases())
        var commands: [RedisCommand] = []
        // There is a key for each that ever had a job; one that gets another is listed again in the same step.
        var forget = [keys.slotLists]
        for (slotsKey, reply) in zip(page, replies) {
            guard let parts = reply.array else { continue }
            // Those with a value give themselves back.
            let holders = stride(from: 0, to: parts.count - 1, by: 2).compactMap {
                parts[$0 + 1].bytes?.isEmpty == true ? parts[$0].string : nil
            }
            let gone = holders.filter { name in
                !listed.contains(String(name[..<(name.lastIndex(of: ":") ?? name.endIndex)]))
            }
            if !gone.isEmpty { commands.append(Self.release(gone, slotsKey)) }
            if gone.count == holders.count { forget.append(slotsKey) }
        }
        if forget.count > 1 { commands.append(RedisCommand(Self.forgetScript, keys: forget)) }
        for reply in try await redis.send(commands) {
            if let error = reply.error { throw error }
        }
    }
}
