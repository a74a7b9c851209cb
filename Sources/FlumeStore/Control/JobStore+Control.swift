package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let controlScript = RedisScript(name: "control", source: PackageResources.control_lua)
    private static let commandScript = RedisScript(name: "command", source: PackageResources.command_lua)
    private static let pauseScript = RedisScript(name: "pause", source: PackageResources.pause_lua)
    private static let commandsPerReply = 100
    private static let commandMilliseconds = 60_000

    /// Says which commands were carried out, and asks what is paused and what else is to be done.
    ///
    /// Safe to repeat with the same answers.
    package func control(
        identity: String, answers: [ControlAnswer] = []
    ) async throws(RedisError) -> ControlReply {
        var keyNames = [keys.flumePaused, keys.paused, keys.commands(identity)]
        for answer in answers { keyNames.append(keys.commandAnswer(answer.id)) }
        let reply = try await redis.evaluate(Self.controlScript, keys: keyNames) { command in
            command.append(Self.commandsPerReply)
            for answer in answers {
                command.append(answer.command)
                command.append(answer.text)
                command.append(Self.commandMilliseconds)
            }
        }
        guard case .array(let parts) = reply, parts.count == 3, let pipelines = parts[0].array,
            let queues = parts[1].array, let commands = parts[2].array
        else {
            throw RedisError.unexpectedReply(to: "control.lua", reply)
        }
        return ControlReply(
            pipelines: Set(pipelines.compactMap(\.string)), queues: Set(queues.compactMap(\.string)),
            commands: commands.compactMap(\.bytes))
    }

    /// Tells a process to do something.
    ///
    /// - Returns: whether it lives; if it does not, nothing was written.
    package func tell(_ identity: String, _ command: ControlCommand) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            Self.commandScript, keys: [keys.lease(identity), keys.commands(identity)]
        ) { line in
            line.append(command.json)
            line.append(Self.commandMilliseconds)
        }
        return reply.integer == 1
    }

    /// What a process answered to a command; `nil` while it has not.
    package func answer(to command: ControlCommand, by identity: String) async throws(RedisError) -> String? {
        var position = RedisCommand("LPOS", keys.commands(identity))
        position.append(command.json)
        // In this order: what left the list before the second look has its answer by then.
        let replies = try await redis.send([position, RedisCommand("GET", keys.commandAnswer(command.id))])
        if let error = replies.lazy.compactMap(\.error).first { throw error }
        if let text = replies[1].string { return text }
        // Taken, and Redis had no memory for the answer.
        return replies[0].isNull ? ControlAnswer.done : nil
    }

    /// Takes back a command that was not carried out.
    ///
    /// - Returns: whether it was still there; it may be under way all the same.
    package func takeBack(_ command: ControlCommand, from identity: String) async throws(RedisError) -> Bool {
        var remove = RedisCommand("LREM", keys.commands(identity), "1")
        remove.append(command.json)
        return try await redis.send(remove).integer == 1
    }

    /// Pauses a pipeline in every process, or all with ``KeySpace/everyPipeline``.
    package func pause(pipeline: String) async throws(RedisError) {
        _ = try await redis.evaluate(Self.pauseScript, keys: [keys.flumePaused]) { $0.append(pipeline) }
    }

    /// Ends the pause of a pipeline, or with ``KeySpace/everyPipeline`` that of every one.
    package func resume(pipeline: String) async throws(RedisError) {
        let command =
            pipeline == KeySpace.everyPipeline
            ? RedisCommand("UNLINK", keys.flumePaused) : RedisCommand("SREM", keys.flumePaused, pipeline)
        _ = try await redis.send(command)
    }

    /// Pauses a queue for every pipeline and every Sidekiq that honours `paused`.
    package func pause(queue: String) async throws(RedisError) {
        _ = try await redis.evaluate(Self.pauseScript, keys: [keys.paused]) { $0.append(queue) }
    }

    /// Ends the pause of a queue.
    package func resume(queue: String) async throws(RedisError) {
        _ = try await redis.send(RedisCommand("SREM", keys.paused, queue))
    }
}
