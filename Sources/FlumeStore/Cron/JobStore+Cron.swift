package import FlumeRedis
import FlumeWire

/// Periodic jobs.
///
/// All of it may be sent again after an unknown outcome.
extension JobStore {
    private static let enforceScript = RedisScript(name: "enforce", source: PackageResources.enforce_lua)
    private static let watchScript = RedisScript(name: "watch", source: PackageResources.watch_lua)
    private static let tickScript = RedisScript(name: "tick", source: PackageResources.tick_lua)
    private static let switchScript = RedisScript(name: "switch", source: PackageResources.switch_lua)

    /// Puts entries in force: in the place of whatever is, or only when nothing is.
    ///
    /// - Returns: whether they are in force.
    package func enforce(
        _ entries: [CronDefinition], of schedule: String, digest: String, milliseconds: Int, replacingOthers: Bool
    ) async throws(RedisError) -> Bool {
        let keyNames = [
            keys.cronForce(schedule), keys.cronEntries(schedule), keys.cronState(schedule), keys.cronSchedules,
        ]
        let reply = try await run(Self.enforceScript, keyNames) { command in
            command.append(schedule)
            command.append(digest)
            command.append(milliseconds)
            command.append(replacingOthers ? 1 : 0)
            for entry in entries {
                command.append(entry.name)
                command.append(entry.json)
                command.append(entry.timing)
                command.append(entry.isEnabled ? 1 : 0)
            }
        }
        return reply.integer == 1
    }

    /// Asks what became of the entries of this process, which stay in force for so long more.
    ///
    /// `rests` has for each entry by how many seconds its mark may be ahead of Redis's clock before it is given up.
    package func watch(
        _ schedule: String, digest: String, milliseconds: Int, rests: [(entry: String, seconds: Int)]
    ) async throws(RedisError) -> CronWatch {
        let reply = try await run(Self.watchScript, [keys.cronForce(schedule), keys.cronState(schedule)]) { command in
            command.append(digest)
            command.append(milliseconds)
            for rest in rests {
                command.append(rest.entry)
                command.append(rest.seconds)
            }
        }
        guard case .array(let parts) = reply, parts.count == 3, let now = parts[1].integer,
            let holder = parts[0].integer.flatMap(CronWatch.Holder.init), let state = parts[2].array
        else {
            throw RedisError.unexpectedReply(to: "watch.lua", reply)
        }
        return CronWatch(
            holder: holder, now: now, entries: CronEntryState.entries(of: state.compactMap(\.string)))
    }

    /// Enqueues the jobs of ticks, oldest first, unless another process has.
    ///
    /// - Returns: how many were enqueued; `nil` when the entries of this process are not in force.
    package func tick(
        _ ticks: [CronTickPush], of entry: String, in schedule: String, digest: String
    ) async throws(RedisError) -> Int? {
        var keyNames = [keys.cronForce(schedule), keys.cronState(schedule), keys.queues]
        var indexes: [ExactName: Int] = [:]
        for tick in ticks {
            guard case .queue(let queue) = tick.item?.place, indexes[ExactName(queue)] == nil else { continue }
            keyNames.append(keys.queue(queue))
            indexes[ExactName(queue)] = keyNames.count
        }
        let reply = try await run(Self.tickScript, keyNames) { command in
            command.append(digest)
            command.append(entry)
            for tick in ticks {
                command.append(tick.tick)
                if let item = tick.item, case .queue(let queue) = item.place {
                    command.append(indexes[ExactName(queue)] ?? 0)
                    command.append(queue)
                    command.append(tick.jid)
                    command.append(item.payload)
                } else {
                    command.append(0)
                    for _ in 0..<3 { command.append("") }
                }
            }
        }
        guard let count = reply.integer else { throw RedisError.unexpectedReply(to: "tick.lua", reply) }
        return count < 0 ? nil : count
    }

    /// Enables or disables an entry for every process.
    ///
    /// - Returns: whether there is such an entry.
    package func setEnabled(
        _ isEnabled: Bool, _ entry: String, of schedule: String
    ) async throws(RedisError) -> Bool {
        let keyNames = [keys.cronEntries(schedule), keys.cronState(schedule)]
        let reply = try await run(Self.switchScript, keyNames) { command in
            command.append(entry)
            command.append(isEnabled ? 1 : 0)
        }
        return reply.integer == 1
    }

    /// The names of all schedules, sorted.
    package func cronSchedules() async throws(RedisError) -> [String] {
        try await redis.send(RedisCommand("SMEMBERS", keys.cronSchedules)).array?.compactMap(\.string).sorted() ?? []
    }

    /// The entries of a schedule that are in force: the definition of each and what became of it, and Redis's time in
    /// microseconds.
    package func cronEntries(
        of schedule: String
    ) async throws(RedisError) -> (definitions: [String: [UInt8]], states: [String: CronEntryState], now: Int) {
        let replies = try await redis.send([
            RedisCommand("HGETALL", keys.cronEntries(schedule)), RedisCommand("HGETALL", keys.cronState(schedule)),
            RedisCommand("TIME"),
        ])
        if let error = replies.lazy.compactMap(\.error).first { throw error }
        let words = replies[0].array?.compactMap(\.bytes) ?? []
        var definitions: [String: [UInt8]] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            definitions[String(decoding: words[index], as: UTF8.self)] = words[index + 1]
        }
        let time = replies[2].array?.compactMap(\.integer) ?? []
        guard time.count == 2 else { throw RedisError.unexpectedReply(to: "TIME", replies[2]) }
        let states = CronEntryState.entries(of: replies[1].array?.compactMap(\.string) ?? [])
        return (definitions, states, time[0] * 1_000_000 + time[1])
    }

    /// Notes the last job of an entry that was enqueued without a tick.
    package func noteCronJob(
        _ jid: String, of entry: String, in schedule: String, at microseconds: Int
    ) async throws(RedisError) {
        _ = try await redis.send(
            RedisCommand("HSET", keys.cronState(schedule), "at:" + entry, "\(microseconds)", "jid:" + entry, jid))
    }

    /// Runs a script that does no harm when it runs twice, and does not hold up the end of the connection.
    private func run(
        _ script: RedisScript, _ keyNames: [String], _ arguments: (inout RedisCommand) -> Void
    ) async throws(RedisError) -> RedisReply {
        var command = RedisCommand(script, keys: keyNames)
        arguments(&command)
        command.timeout = redis.configuration.commandTimeout
        return try await redis.send(command)
    }
}
