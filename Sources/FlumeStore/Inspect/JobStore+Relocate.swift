package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let relocateScript = RedisScript(
        name: "relocate", source: PackageResources.trim_lua + PackageResources.relocate_lua)
    private static let takeScript = RedisScript(
        name: "take", source: PackageResources.trim_lua + PackageResources.take_lua)
    /// From how near to an end of a queue a job is removed by LREM, which looks at every job on its way.
    private static let nearness = 1000

    /// Moves members of a sorted set, each in one atomic step and by whoever comes first.
    ///
    /// - Returns: for each what became of it.
    package func relocate(
        _ relocations: [Relocation], from set: StoredSet
    ) async throws(RedisError) -> [RelocationVerdict] {
        guard !relocations.isEmpty else { return [] }
        let table = KeyTable(relocations, after: [key(of: set), keys.dead, keys.queues], keys)
        let reply = try await redis.evaluate(Self.relocateScript, keys: table.names) { command in
            command.append(deadSetLimits.seconds)
            command.append(deadSetLimits.lastRankToTrim)
            for relocation in relocations {
                command.append(relocation.member)
                table.append(relocation.lock, to: &command)
                table.append(relocation.place, to: &command)
            }
        }
        guard case .array(let parts) = reply, parts.count == relocations.count else {
            throw RedisError.unexpectedReply(to: "relocate.lua", reply)
        }
        return parts.map(Self.verdict)
    }

    /// Takes a job out of a part of a queue.
    ///
    /// - Parameters:
    ///   - relocation: the job and where it goes: not `at`, and not the same queue.
    ///   - queue: the queue it is in.
    ///   - first: where to begin to look; 0 is the newest job.
    ///   - count: how many to look at.
    /// - Returns: what became of it, `gone` if it is not in this part, and how long the queue was.
    /// - Throws: when Redis did not answer; it may have happened all the same.
    package func take(
        _ relocation: Relocation, from queue: String, first: Int, count: Int
    ) async throws(RedisError) -> (verdict: RelocationVerdict, length: Int) {
        let table = KeyTable([relocation], after: [keys.queue(queue), keys.dead, keys.queues], keys)
        let reply = try await redis.evaluate(Self.takeScript, keys: table.names) { command in
            command.append(deadSetLimits.seconds)
            command.append(deadSetLimits.lastRankToTrim)
            command.append(relocation.member)
            command.append(first)
            command.append(count)
            command.append(Self.nearness)
            table.append(relocation.lock, to: &command)
            table.append(relocation.place, to: &command)
        }
        guard case .array(let parts) = reply, parts.count == 2, let length = parts[1].integer else {
            throw RedisError.unexpectedReply(to: "take.lua", reply)
        }
        return (Self.verdict(parts[0]), length)
    }

    private static func verdict(_ reply: RedisReply) -> RelocationVerdict {
        switch reply {
        case .integer(1): .moved
        case .integer: .gone
        default: .refused(reply.string ?? "\(reply)")
        }
    }

    /// The keys of a script, each once, and how the script is told of them.
    private struct KeyTable {
        var names: [String]
        private let keys: KeySpace
        private var indexes: [ExactName: Int] = [:]

        init(_ relocations: [Relocation], after names: [String], _ keys: KeySpace) {
            self.names = names
            self.keys = keys
            for relocation in relocations {
                if case .queue(let name, _, _) = relocation.place { add(keys.queue(name)) }
                if let lock = relocation.lock { add(keys.unique(lock.token)) }
            }
        }

        private mutating func add(_ name: String) {
            guard indexes[ExactName(name)] == nil else { return }
            names.append(name)
            indexes[ExactName(name)] = names.count
        }

        func append(_ lock: UniqueLock?, to command: inout RedisCommand) {
            command.append(lock.flatMap { indexes[ExactName(keys.unique($0.token))] } ?? 0)
            command.append(lock?.jid ?? "")
        }

        func append(_ place: Relocation.Place, to command: inout RedisCommand) {
            switch place {
            case .nowhere:
                command.append("delete")
            case .dead(let payload):
                command.append("dead")
                command.append(payload)
            case .queue(let name, let payload, let isNext):
                command.append(isNext ? "front" : "back")
                command.append(indexes[ExactName(keys.queue(name))] ?? 0)
                command.append(name)
                command.append(payload)
            case .at(let seconds):
                command.append("at")
                command.append(seconds)
            }
        }
    }
}
