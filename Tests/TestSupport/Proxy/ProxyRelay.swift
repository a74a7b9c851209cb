import NIOCore

/// Hands what a channel reads to the lane that leads to the other side.
final class ProxyRelay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ProxyConnection
    private let lane: ProxyLane

    init(_ connection: ProxyConnection, into lane: ProxyLane) {
        self.connection = connection
        self.lane = lane
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { lane.receive(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) {
        lane.receiveEnd()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
