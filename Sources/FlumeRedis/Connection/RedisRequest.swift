import NIOCore

/// What one call of `send` wants written in one piece, and who waits for the replies.
struct RedisRequest: Sendable {
    /// The commands, without an array where there is one command: that is the common case.
    enum Payload: Sendable {
        case one(RedisCommand)
        case many([RedisCommand])
        /// In MULTI and EXEC; scripts in full, since nobody can send them again in the middle.
        case transaction([RedisCommand])
        /// In full: the server has just said that it does not know the digest.
        case oneInFull(RedisCommand)
        case manyInFull([RedisCommand])
    }

    let payload: Payload
    let deadline: NIODeadline
    /// Whether it may wait on the server's side: it does not hold up a closing client.
    let isBlocking: Bool
    /// Whether the event loop may watch the socket for the reply instead of going to sleep; see ``SocketWatch``.
    var isWatched = false
    let waiter: ReplyWaiter

    /// How many replies the server will send.
    var replyCount: Int {
        switch payload {
        case .one, .oneInFull: 1
        case .many(let commands), .manyInFull(let commands): commands.count
        case .transaction(let commands): commands.count + 2
        }
    }

    /// Writes all commands as RESP.
    func write(to buffer: inout ByteBuffer) {
        switch payload {
        case .one(let command): command.write(to: &buffer)
        case .oneInFull(let command): command.write(to: &buffer, inFull: true)
        case .many(let commands): for command in commands { command.write(to: &buffer) }
        case .manyInFull(let commands): for command in commands { command.write(to: &buffer, inFull: true) }
        case .transaction(let commands):
            buffer.writeStaticString("*1\r\n$5\r\nMULTI\r\n")
            for command in commands { command.write(to: &buffer, inFull: true) }
            buffer.writeStaticString("*1\r\n$4\r\nEXEC\r\n")
        }
    }
}
