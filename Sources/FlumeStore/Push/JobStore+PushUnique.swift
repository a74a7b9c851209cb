import FlumeRedis
import FlumeWire

/// Jobs that have to be the only one of their token.
extension JobStore {
    private static let uniqueScript = RedisScript(name: "unique", source: PackageResources.unique_lua)

    /// Enqueues jobs of which some have to take a lock, all but those whose lock another holds, or none.
    func pushUnique(_ items: [PushItem]) async throws(RedisError) -> [Int: String] {
        var keyNames = [keys.queues, keys.schedule]
        var indexes: [ExactName: Int] = [:]
        func note(_ key: String) {
            guard indexes[ExactName(key)] == nil else { return }
            keyNames.append(key)
            indexes[ExactName(key)] = keyNames.count
        }
        for item in items {
            if case .queue(let name) = item.place { note(keys.queue(name)) }
            if let lock = item.lock?.lock { note(keys.unique(lock.token)) }
        }
        let reply = try await redis.evaluate(Self.uniqueScript, keys: keyNames) { command in
            for item in items {
                switch item.place {
                case .queue(let name):
                    command.append(indexes[ExactName(keys.queue(name))] ?? 0)
                    command.append(name)
                case .schedule(let time):
                    command.append(0)
                    command.append(time)
                }
                command.append(item.payload)
                command.append(item.lock.flatMap { indexes[ExactName(keys.unique($0.lock.token))] } ?? 0)
                command.append(item.lock?.lock.jid ?? "")
                command.append(item.lock?.milliseconds ?? 0)
            }
        }
        guard case .array(let parts) = reply, parts.count == items.count else {
            throw RedisError.unexpectedReply(to: "unique.lua", reply)
        }
        var holders: [Int: String] = [:]
        for (place, part) in parts.enumerated() {
            if case .integer(0) = part { continue }
            holders[place] = part.string ?? ""
        }
        return holders
    }
}
