import NIOCore
import NIOPosix

/// A TCP proxy in front of a server that can delay, hold, cut, reset and count what goes through it.
///
/// It understands as much of RESP2 as it takes to tell one command or reply from the next. It has a thread of its own,
/// whatever the code under test does to its event loops and to the cooperative pool.
public final class FaultProxy: Sendable {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Where clients connect to, on 127.0.0.1.
    public let port: Int
    private let listener: any Channel
    private let plan: ProxyPlan
    private let connections: NIOLoopBoundBox<[ObjectIdentifier: ProxyConnection]>

    private init(
        _ listener: any Channel, _ plan: ProxyPlan,
        _ connections: NIOLoopBoundBox<[ObjectIdentifier: ProxyConnection]>
    ) {
        port = listener.localAddress?.port ?? 0
        self.listener = listener
        self.plan = plan
        self.connections = connections
    }

    /// Starts a proxy on a free port.
    ///
    /// - Parameters:
    ///   - server: The server behind it.
    ///   - naming: Gives a command a name by its words, for ``cutNextReply(to:ofAtLeast:after:of:by:)``.
    /// - Returns: A proxy that changes nothing yet.
    /// - Throws: When it cannot listen.
    public static func start(
        to server: RedisServer, naming: (@Sendable ([String]) -> String)? = nil
    ) async throws -> FaultProxy {
        let eventLoop = group.next()
        let plan = ProxyPlan()
        plan.withLock { $0.naming = naming }
        let connections = NIOLoopBoundBox.makeBoxSendingValue(
            [ObjectIdentifier: ProxyConnection](), eventLoop: eventLoop)
        let path = server.socketPath
        let listener = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                plan.withLock { $0.accepted += 1 }
                return ClientBootstrap(group: eventLoop).channelOption(.autoRead, value: false)
                    .connect(unixDomainSocketPath: path)
                    .flatMapThrowing { server in
                        let connection = ProxyConnection(client: client, server: server, plan: plan)
                        let key = ObjectIdentifier(connection)
                        try connection.open()
                        connections.value[key] = connection
                        // One side may close long before the other one hears of it.
                        client.closeFuture.and(server.closeFuture).whenComplete { _ in connections.value[key] = nil }
                        for channel in [client, server] {
                            channel.setOption(.autoRead, value: true).whenFailure { _ in }
                        }
                        if plan.withLock(\.isClosed) { connection.end(.close) }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FaultProxy(listener, plan, connections)
    }

    /// The URL of a database through the proxy.
    public func url(database: Int = 0) -> String { "redis://127.0.0.1:\(port)/\(database)" }

    // MARK: What it does

    /// Holds whatever goes in these directions, new connections' too, and sends it on when it is told other directions.
    ///
    /// So does a network that drops every packet for a while: neither side is told, and TCP sends again what was dropped.
    /// The end of a stream is held as well.
    public func stall(_ directions: Set<ProxyDirection> = Set(ProxyDirection.allCases)) {
        plan.withLock { $0.stalled = directions }
        inLoop { for connection in $0.values { connection.pump() } }
    }

    /// Lets everything pass again, and first what was held.
    public func unstall() { stall([]) }

    /// Makes each command or reply arrive later by this much; zero for at once.
    public func delay(_ direction: ProxyDirection, by time: Duration) {
        plan.withLock { $0.delays[direction] = TimeAmount(time) }
    }

    /// Ends each connection, old or new, after this many more bytes of replies; nil for never.
    public func cutReplies(after bytes: Int?, by ending: ProxyEnding = .close) {
        plan.withLock { $0.budget = bytes.map { .init(bytes: $0, ending: ending) } }
    }

    /// Ends the connection of the next such reply, after so many bytes of it, which is at least one too few.
    ///
    /// - Parameters:
    ///   - name: The name of the command that it answers; nil: any command.
    ///   - minimum: How long it is at least.
    ///   - bytes: How much of it arrives.
    ///   - replies: Of how many replies in a row, this one first, the bytes are counted.
    ///   - ending: How the connection ends.
    public func cutNextReply(
        to name: String? = nil, ofAtLeast minimum: Int = 0, after bytes: Int, of replies: Int = 1,
        by ending: ProxyEnding = .close
    ) {
        plan.withLock {
            $0.wound = .init(name: name, minimum: minimum, bytes: bytes, replies: replies, ending: ending)
        }
    }

    /// Ends the connection on which this command or reply comes, counted from the start over all connections, from 1.
    ///
    /// It does not arrive; what came before it does.
    public func cut(at number: Int, of direction: ProxyDirection, by ending: ProxyEnding = .close) {
        plan.withLock { $0.fatal = .init(number: number, direction: direction, ending: ending) }
    }

    /// Ends all connections there are.
    public func cutAll(by ending: ProxyEnding = .close) {
        inLoop { [plan] connections in
            plan.withLock { [count = connections.count] in $0.countCuts(count) }
            for connection in connections.values { connection.end(ending) }
        }
    }

    /// Ends all connections and listens no more.
    public func close() {
        plan.withLock { $0.isClosed = true }
        listener.close(promise: nil)
        inLoop { for connection in $0.values { connection.end(.close) } }
    }

    private func inLoop(_ body: @escaping @Sendable ([ObjectIdentifier: ProxyConnection]) -> Void) {
        listener.eventLoop.execute { [connections] in body(connections.value) }
    }

    // MARK: What it has seen

    /// How many connections it has ended.
    public var cuts: Int { plan.withLock(\.cuts) }

    /// How often ``cutNextReply(to:ofAtLeast:after:of:by:)`` has cut a reply, by the name of the command.
    public var wounds: [String: Int] { plan.withLock(\.wounds) }

    /// How many connections clients have made so far.
    public var accepted: Int { plan.withLock(\.accepted) }

    /// How many commands and replies had their turn so far; what is held has not.
    public var passed: (requests: Int, replies: Int) {
        let passed = plan.withLock(\.passed)
        return (passed[.requests] ?? 0, passed[.replies] ?? 0)
    }

    /// How often each command had its turn so far, by its name in capitals.
    public var commands: [String: Int] { plan.withLock(\.commands) }
}
