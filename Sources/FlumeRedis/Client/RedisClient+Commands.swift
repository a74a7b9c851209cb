import NIOCore

extension RedisClient {
    /// Sends a command and waits for its reply.
    ///
    /// - Parameter command: The command; its `timeout` is the deadline.
    /// - Returns: The reply; never `.error` at the top.
    /// - Throws: ``RedisError``, also for an error reply of the server.
    public func send(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
        if let script = command.script { try await learn(script) }
        let reply = try await reply(to: .one(command), timeout: command.timeout)
        guard let error = reply.error else { return reply }
        guard error.code == .noScript, command.script != nil else { throw error }
        let second = try await self.reply(to: .oneInFull(command), timeout: command.timeout)
        if let error = second.error { throw error }
        return second
    }

    /// Sends commands in one contiguous write and waits for all replies.
    ///
    /// Other callers' commands may be executed in between by the server, as with any pipeline; see
    /// ``transaction(_:)``. A script the server has forgotten is sent again, after the other commands.
    ///
    /// - Parameter commands: The commands; the longest `timeout` among them is the deadline of all.
    /// - Returns: One reply per command; an error reply is an `.error` element.
    /// - Throws: ``RedisError`` when there are no replies.
    public func send(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisReply] {
        try await send(commands, isWatched: false)
    }

    /// Sends commands whose reply the event loop may stay awake for.
    ///
    /// - Parameters:
    ///   - commands: The commands.
    ///   - isWatched: Whether somebody does nothing but wait for this reply; see ``SocketWatch``.
    /// - Returns: One reply per command.
    /// - Throws: ``RedisError`` when there are no replies.
    package func send(_ commands: [RedisCommand], isWatched: Bool) async throws(RedisError) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        for command in commands {
            if let script = command.script { try await learn(script) }
        }
        let timeout = Self.timeout(of: commands)
        var replies = try await self.replies(to: .many(commands), timeout: timeout, isWatched: isWatched)
        let forgotten = commands.indices.filter {
            commands[$0].script != nil && replies[$0].error?.code == .noScript
        }
        guard !forgotten.isEmpty else { return replies }
        let again = try await self.replies(to: .manyInFull(forgotten.map { commands[$0] }), timeout: timeout)
        for (index, reply) in zip(forgotten, again) { replies[index] = reply }
        return replies
    }

    /// Sends commands in one contiguous write and calls back with their replies.
    ///
    /// For who must not lose the time it takes to resume a task. A script the server has forgotten is a `noScript` reply;
    /// one that was never loaded goes in full each time: see ``load(_:)``.
    ///
    /// - Parameters:
    ///   - commands: The commands; the longest `timeout` among them is the deadline of all.
    ///   - whenAnswered: Called once, on the event loop, and never before this call has returned; there is one reply per
    ///     command.
    package func send(
        _ commands: [RedisCommand], whenAnswered: @escaping @Sendable (Result<[RedisReply], RedisError>) -> Void
    ) {
        let timeout = Self.timeout(of: commands)
        #if DEBUG || FLUME_LAB
            let whenAnswered = passingFaultPoints(around: .many(commands), whenAnswered)
            guard let whenAnswered else { return }
        #endif
        submit(.many(commands), timeout: timeout, waiter: .closure(whenAnswered))
    }

    /// Runs commands between MULTI and EXEC, in one write: all or none, and nobody in between.
    ///
    /// - Parameter commands: The commands; not blocking ones.
    /// - Returns: One reply per command; an error reply is an `.error` element.
    /// - Throws: ``RedisError``: when the server refused one of the commands before EXEC, the reason for that;
    ///   then none was executed.
    public func transaction(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        let all = try await replies(to: .transaction(commands), timeout: Self.timeout(of: commands))
        if case .array(let replies)? = all.last { return replies }
        if let error = all.lazy.compactMap(\.error).first { throw error }
        throw RedisError(.reply, "Redis did not execute the transaction")
    }

    /// Runs a script by its digest, and by its source when the server has forgotten it.
    ///
    /// - Parameters:
    ///   - script: What to run.
    ///   - keys: Its KEYS.
    ///   - arguments: Appends its ARGV.
    /// - Returns: What the script returns.
    /// - Throws: ``RedisError``, also for an error of the script.
    package func evaluate(
        _ script: RedisScript, keys: [String], arguments: (inout RedisCommand) -> Void = { _ in }
    ) async throws(RedisError) -> RedisReply {
        var command = RedisCommand(script, keys: keys)
        arguments(&command)
        return try await send(command)
    }

    private static func timeout(of commands: [RedisCommand]) -> Duration? {
        commands.lazy.compactMap(\.timeout).max()
    }

    /// Has the server tell the digest of a script, once.
    private func learn(_ script: RedisScript) async throws(RedisError) {
        if script.digest == nil { try await load(script) }
    }

    /// Has the server know a script, and tell its digest.
    ///
    /// - Throws: ``RedisError``, also for a script that does not compile.
    package func load(_ script: RedisScript) async throws(RedisError) {
        var command = RedisCommand("SCRIPT", "LOAD")
        command.append(script.source)
        let reply = try await reply(to: .one(command), timeout: nil)
        // A script that does not compile: say so now. Who may not load scripts may perhaps run them: EVAL does both.
        if let error = reply.error, error.code != .refused { throw error }
        script.learn(reply)
    }

    private func reply(
        to payload: RedisRequest.Payload, timeout: Duration?
    ) async throws(RedisError) -> RedisReply {
        #if DEBUG || FLUME_LAB
            await passFaultPoints(before: payload)
            defer { passFaultPoints(after: payload) }
        #endif
        let result: Result<RedisReply, RedisError>
        if eventLoop.inEventLoop {
            // An actor on the event loop, such as the lease: it must not need the cooperative pool.
            result = await withTaskExecutorPreference(loopExecutor) { await self.outcome(of: payload, timeout) }
        } else {
            result = await outcome(of: payload, timeout)
        }
        return try result.get()
    }

    private func replies(
        to payload: RedisRequest.Payload, timeout: Duration?, isWatched: Bool = false
    ) async throws(RedisError) -> [RedisReply] {
        #if DEBUG || FLUME_LAB
            await passFaultPoints(before: payload)
            defer { passFaultPoints(after: payload) }
        #endif
        let result: Result<[RedisReply], RedisError>
        if eventLoop.inEventLoop {
            result = await withTaskExecutorPreference(loopExecutor) {
                await self.outcomes(of: payload, timeout, isWatched)
            }
        } else {
            result = await outcomes(of: payload, timeout, isWatched)
        }
        return try result.get()
    }

    // `unsafe` here and in ReplyWaiter: each continuation is resumed exactly once, because a request is in
    // exactly one place (inbox, waiting, in flight) and whoever takes it out resumes it.
    private func outcome(
        of payload: RedisRequest.Payload, _ timeout: Duration?
    ) async -> Result<RedisReply, RedisError> {
        await unsafe withUnsafeContinuation { continuation in
            submit(payload, timeout: timeout, waiter: unsafe .one(continuation))
        }
    }

    func outcomes(
        of payload: RedisRequest.Payload, _ timeout: Duration?, _ isWatched: Bool
    ) async -> Result<[RedisReply], RedisError> {
        await unsafe withUnsafeContinuation { continuation in
            submit(payload, timeout: timeout, isWatched: isWatched, waiter: unsafe .many(continuation))
        }
    }
}
