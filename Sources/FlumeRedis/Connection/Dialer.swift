import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Opens channels: TCP, TLS or Unix socket, with the right socket options.
///
/// Shared by a client and its siblings, so that certificates are read once.
final class Dialer: Sendable {
    let configuration: RedisConfiguration
    private let tlsContext = Mutex<NIOSSLContext?>(nil)
    /// Tells connections that Sentinel has moved the primary; nil without Sentinel.
    let primaryWatch: PrimaryWatch?

    /// Replies come in pieces of up to this size; the connection's buffers are reused.
    private static let largestRead = 256 << 10
    /// `TCP_USER_TIMEOUT` of Linux: unacknowledged data ends the connection after this time.
    private static let tcpUserTimeout: NIOBSDSocket.Option = .init(rawValue: 18)
    /// It is milliseconds in a C int: what is longer the kernel would take for something else.
    private static let longestTimeout = Duration.milliseconds(Int32.max)

    init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
        if case .sentinel = configuration.address { primaryWatch = PrimaryWatch() } else { primaryWatch = nil }
    }

    private init(_ configuration: RedisConfiguration, _ primaryWatch: PrimaryWatch?) {
        self.configuration = configuration
        self.primaryWatch = primaryWatch
    }

    /// Makes a dialer with other settings for the same server, that has read the same certificates.
    func sharing(_ configuration: RedisConfiguration) -> Dialer {
        let dialer = Dialer(configuration, primaryWatch)
        let context = tlsContext.withLock { $0 }
        dialer.tlsContext.withLock { $0 = context }
        return dialer
    }

    /// Finds the server to connect to; with Sentinel by asking.
    func serverAddress(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Address> {
        guard case .sentinel(let sentinel) = configuration.address else {
            return eventLoop.makeSucceededFuture(configuration.address)
        }
        var endpoints = sentinel.endpoints
        if let favourite = primaryWatch?.favourite.withLock({ $0 }), let index = endpoints.firstIndex(of: favourite) {
            endpoints.swapAt(0, index)
        }
        return ask(endpoints[...], of: sentinel, problems: [], on: eventLoop)
    }

    private func ask(
        _ endpoints: ArraySlice<RedisSentinel.Endpoint>, of sentinel: RedisSentinel, problems: [RedisError],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<RedisConfiguration.Address> {
        guard let endpoint = endpoints.first else {
            // When each of them says that a setting is wrong, waiting does not make it right.
            let isSetting = problems.allSatisfy { $0.code == .configuration }
            return eventLoop.makeFailedFuture(
                RedisError(
                    isSetting ? .configuration : .connectionClosed,
                    "no Sentinel knows where \(sentinel.primaryName) is: "
                        + problems.map(\.message).joined(separator: "; ")))
        }
        var commands: [RedisCommand] = []
        if let password = sentinel.password {
            var command = RedisCommand("AUTH")
            if let username = sentinel.username { command.append(username) }
            command.append(password)
            commands.append(command)
        }
        commands.append(RedisCommand("SENTINEL", "get-master-addr-by-name", sentinel.primaryName))
        // A Sentinel that hangs must leave time for the next one.
        let patience = configuration.connectTimeout / (sentinel.endpoints.count + 1)
        let asked = exchange(
            commands, with: .tcp(host: endpoint.host, port: endpoint.port), patience: patience, on: eventLoop)
        return asked.flatMapThrowing { replies in
            if let error = replies.lazy.compactMap(\.error).first { throw error }
            guard let answer = replies.last?.array, answer.count == 2, let host = answer[0].string,
                let port = answer[1].integer
            else { throw RedisError(.configuration, "it does not watch a primary of that name") }
            self.primaryWatch?.favourite.withLock { $0 = endpoint }
            return .tcp(host: host, port: port)
        }.flatMapError { error in
            let cause = RedisError(connecting: error)
            let problem = RedisError(cause.code, "\(endpoint): \(cause.message)")
            return self.ask(
                endpoints.dropFirst(), of: sentinel, problems: problems + [problem], on: eventLoop)
        }
    }

    /// Opens a channel and puts a handler at its end.
    ///
    /// - Parameters:
    ///   - address: Where to; not `.sentinel`.
    ///   - eventLoop: Where everything of the channel happens.
    ///   - makeHandler: Makes the handler, on the event loop.
    /// - Returns: The channel; fails with what NIO throws.
    func dial(
        _ address: RedisConfiguration.Address, on eventLoop: any EventLoop,
        makeHandler: @escaping @Sendable () throws -> ReplyHandler
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: Self.largestRead))
        switch address {
        case .unix(let path):
            return bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(makeHandler())
                }
            }.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            let (timeout, keepAlive) = (configuration.commandTimeout, configuration.keepAlive)
            let patience = min(
                min(timeout, Self.longestTimeout) + min(keepAlive, Self.longestTimeout), Self.longestTimeout)
            let userTimeout = Int(TimeAmount(patience).nanoseconds / 1_000_000)
            return
                bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.tcpOption(Self.tcpUserTimeout), value: userTimeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls = self.configuration.tls {
                            let name = tls.serverName ?? (Self.isIPAddress(host) ? nil : host)
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(context: self.sharedTLSContext(tls), serverHostname: name))
                        }
                        try channel.pipeline.syncOperations.addHandler(makeHandler())
                    }
                }.connect(host: host, port: port)
        case .sentinel:
            return eventLoop.makeFailedFuture(
                RedisError(.configuration, "a Sentinel group has no address of its own"))
        }
    }

    private func sharedTLSContext(_ tls: RedisTLS) throws(RedisError) -> NIOSSLContext {
        if let context = tlsContext.withLock({ $0 }) { return context }
        let context = try tls.makeContext()
        tlsContext.withLock { $0 = context }
        return context
    }

    private static func isIPAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }
}
