import NIOCore

extension Dialer {
    /// Connects, sends commands, takes their replies and closes: for Sentinels and for the check at boot.
    ///
    /// - Parameters:
    ///   - commands: What to send; not none.
    ///   - address: Where to.
    ///   - patience: How long all of it may take.
    ///   - eventLoop: Where it happens.
    /// - Returns: One reply per command; fails with ``RedisError``.
    func exchange(
        _ commands: [RedisCommand], with address: RedisConfiguration.Address, patience: Duration,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[RedisReply]> {
        let promise = eventLoop.makePromise(of: [RedisReply].self)
        let collected = NIOLoopBoundBox.makeBoxSendingValue([RedisReply](), eventLoop: eventLoop)
        let timer = eventLoop.scheduleTask(in: TimeAmount(patience)) {
            let hint = self.configuration.tls == nil ? "does it want TLS (rediss://)" : "does it speak TLS"
            promise.fail(RedisError(.connectionClosed, "\(address) does not answer; \(hint)?"))
        }
        let dialed = dial(address, on: eventLoop) {
            try ReplyHandler(
                onReply: { reply in
                    collected.value.append(reply)
                    guard collected.value.count == commands.count else { return true }
                    promise.succeed(collected.value)
                    return false
                },
                onEnd: { error in
                    // Too many clients, or not the port of a Redis: what it said before it hung up says why.
                    promise.fail(
                        collected.value.lazy.compactMap(\.error).first ?? error.asking(about: self.configuration.tls))
                })
        }
        dialed.whenComplete { result in
            switch result {
            case .failure(let error): promise.fail(RedisError(connecting: error, to: "\(address)"))
            case .success(let channel):
                var buffer = channel.allocator.buffer(capacity: 512)
                for command in commands { command.write(to: &buffer) }
                channel.writeAndFlush(buffer, promise: nil)
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }
}
