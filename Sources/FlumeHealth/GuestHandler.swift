import NIOCore

/// What one connection may cost: so many bytes, and so much time.
///
/// One connection is for one request. It stands before everything that reads HTTP.
final class GuestHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A probe sends a few hundred bytes, a browser a few thousand.
    static let mostBytes = 16 << 10
    /// From the first moment to the last byte of the answer, and for the client to take note of it.
    static let patience = Duration.seconds(5)

    private let guests: Guests
    private let patience: Duration
    private var received = 0
    private var isAnswered = false
    private var timer: Scheduled<Void>?

    init(_ guests: Guests, patience: Duration) {
        self.guests = guests
        self.patience = patience
    }

    func channelActive(context: ChannelHandlerContext) {
        guests.enter(context.channel)
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            let (handler, context) = handler.value
            handler.refuse(context, "408 Request Timeout")
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        guests.leave(context.channel)
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        guard received <= Self.mostBytes else { return refuse(context, "431 Request Header Fields Too Large") }
        // What follows on the request is of no interest, and is read only so that the answer is not lost by a reset.
        if !isAnswered { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        isAnswered = true
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: String) {
        timer?.cancel()
        if !isAnswered {
            isAnswered = true
            let text = "HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
        context.close(promise: nil)
    }
}
