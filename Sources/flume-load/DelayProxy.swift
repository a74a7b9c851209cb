import FlumeRedis
import NIOCore
import Glibc
import NIOPosix

/// A Redis that is farther away: passes bytes on, and replies only after a time.
struct DelayProxy {
    let redis: RedisConfiguration
    let delay: Duration

    /// Prints its port and serves until the process is ended.
    func run() async throws {
        guard case .tcp(let host, let port) = redis.address else {
            throw LoadError("--mode proxy wants a redis:// URL")
        }
        let wait = TimeAmount(delay)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(Relay(to: server, after: nil))
                        try server.pipeline.syncOperations.addHandler(Relay(to: client, after: wait))
                        client.setOption(.autoRead, value: true).whenFailure { _ in client.close(promise: nil) }
                    }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        print("port: \(server.localAddress?.port ?? 0)")
        fflush(nil)
        try await server.closeFuture.get()
    }
}

/// Hands what comes in to another channel of the same event loop, at once or after a time.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let delay: TimeAmount?

    init(to other: any Channel, after delay: TimeAmount?) {
        self.other = other
        self.delay = delay
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (bytes, other) = (unwrapInboundIn(data), other)
        guard let delay else { return other.writeAndFlush(bytes, promise: nil) }
        // Tasks of one moment run in the order they were made.
        context.eventLoop.scheduleTask(in: delay) { other.writeAndFlush(bytes, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
