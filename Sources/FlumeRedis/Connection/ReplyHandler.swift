import NIOCore

/// The last handler of a channel: bytes in, replies out.
///
/// Everything is called on the channel's event loop; the end of the channel is reported once, whatever its cause.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let parser: ReplyParser
    private let onReply: (RedisReply) -> Bool
    private let onEnd: (RedisError) -> Void
    private let onWritability: (Bool) -> Void
    private var hasEnded = false

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - onReply: Takes a reply; false when nothing more is wanted from this channel.
    ///   - onEnd: Told why the channel is of no use any more.
    ///   - onWritability: Told when the socket takes no more, and when it does again.
    /// - Throws: ``RedisError`` when there is no memory for a parser.
    init(
        onReply: @escaping (RedisReply) -> Bool, onEnd: @escaping (RedisError) -> Void,
        onWritability: @escaping (Bool) -> Void = { _ in }
    ) throws(RedisError) {
        parser = try ReplyParser()
        self.onReply = onReply
        self.onEnd = onEnd
        self.onWritability = onWritability
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        do {
            try parser.parse(unwrapInboundIn(data), onReply)
        } catch {
            end(error)
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        onWritability(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(RedisError(.connectionClosed, "Redis closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(RedisError(connecting: error, certificate: ServerCertificate(shownOn: context)))
        context.close(promise: nil)
    }

    private func end(_ error: RedisError) {
        guard !hasEnded else { return }
        hasEnded = true
        onEnd(error)
    }
}

@available(*, unavailable)
extension ReplyHandler: Sendable {}
