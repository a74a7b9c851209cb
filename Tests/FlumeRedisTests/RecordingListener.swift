import NIOCore
import NIOPosix
import Synchronization

/// Takes every connection, keeps what it is sent, and answers as a Redis without TLS does to what it cannot read.
final class RecordingListener: Sendable {
    private let received = Mutex<[[UInt8]]>([])
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }
    /// What came over each connection.
    var connections: [[UInt8]] { received.withLock { $0 } }

    private init(channel: any Channel) { self.channel = channel }

    /// Listens on a free port of 127.0.0.1; `answer` is what it says to the first bytes before it hangs up.
    static func start(answer: String = "-ERR Protocol error: unbalanced quotes in request\r\n") async throws
        -> RecordingListener
    {
        let relay = Relay()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answer: answer, relay: relay))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let listener = RecordingListener(channel: channel)
        relay.listener.withLock { $0 = listener }
        return listener
    }

    func stop() async { try? await channel.close() }

    private final class Relay: Sendable {
        let listener = Mutex<RecordingListener?>(nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String
        private let relay: Relay
        private var bytes: [UInt8] = []

        init(answer: String, relay: Relay) {
            self.answer = answer
            self.relay = relay
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += Array(buffer: unwrapInboundIn(data))
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            let listener = relay.listener.withLock { $0 }
            listener?.received.withLock { $0.append(bytes) }
        }
    }
}
