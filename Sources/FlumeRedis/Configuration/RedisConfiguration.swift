/// Where Redis is and how to talk to it.
public struct RedisConfiguration: Sendable, Hashable {
    /// Where Redis is.
    public enum Address: Sendable, Hashable {
        /// A host and a TCP port.
        case tcp(host: String, port: Int)
        /// The path of a Unix socket.
        case unix(path: String)
        /// Whichever server the Sentinels say is the primary.
        case sentinel(RedisSentinel)
    }

    /// Where Redis is.
    public var address: Address
    /// The ACL user; nil for the default user.
    public var username: String?
    /// The password; nil for none.
    public var password: String?
    /// The number of the database.
    public var database: Int
    /// TLS settings; nil for a connection in clear text.
    public var tls: RedisTLS?
    /// The name that CLIENT LIST shows; nil for none.
    public var clientName: String?
    /// How long one attempt to connect may take, TLS and log-in included.
    public var connectTimeout: Duration
    /// The deadline of a command that sets none, counted from the call.
    public var commandTimeout: Duration
    /// How long a connection may be idle before a PING checks that the server is still there.
    public var keepAlive: Duration
    /// The pauses between attempts to connect; with Sentinel none is longer than half a second.
    public var backOff: RedisBackOff
    /// How long the connection's thread may stay awake for the reply to a job that is enqueued alone; zero for never.
    ///
    /// Going to sleep and being woken takes longer than Redis needs for a push, on virtual machines several times as
    /// long. A server whose replies take longer is noticed, and then hardly ever waited for in this way. On Unix sockets
    /// it has no effect: the kernel does not tell there whether a reply has come.
    public var replyWatch: Duration

    /// Creates a configuration from single settings.
    ///
    /// - Parameters:
    ///   - address: Where Redis is.
    ///   - username: The ACL user.
    ///   - password: The password.
    ///   - database: The number of the database.
    ///   - tls: TLS settings; nil for clear text.
    ///   - clientName: The name that CLIENT LIST shows.
    ///   - connectTimeout: How long one attempt to connect may take.
    ///   - commandTimeout: The deadline of a command that sets none.
    ///   - keepAlive: How long a connection may be idle before a PING.
    ///   - backOff: The pauses between attempts to connect.
    ///   - replyWatch: How long to stay awake for the reply to a job that is enqueued alone.
    public init(
        address: Address = .tcp(host: "127.0.0.1", port: 6379), username: String? = nil, password: String? = nil,
        database: Int = 0, tls: RedisTLS? = nil, clientName: String? = nil, connectTimeout: Duration = .seconds(5),
        commandTimeout: Duration = .seconds(5), keepAlive: Duration = .seconds(5), backOff: RedisBackOff = .init(),
        replyWatch: Duration = .microseconds(100)
    ) {
        self.address = address
        self.username = username
        self.password = password
        self.database = database
        self.tls = tls
        self.clientName = clientName
        self.connectTimeout = connectTimeout
        self.commandTimeout = commandTimeout
        self.keepAlive = keepAlive
        self.backOff = backOff
        self.replyWatch = replyWatch
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address and the database, without any password.
    public var description: String { "\(address)/\(database)" }

    /// The same as ``description``: a password is not shown by accident.
    public var debugDescription: String { description }

    /// Shows no password when the value is dumped.
    public var customMirror: Mirror { Mirror(self, children: ["address": "\(address)", "database": database]) }
}

extension RedisConfiguration.Address: CustomStringConvertible {
    /// `host:port`, the path, or the Sentinels; without any password.
    public var description: String {
        switch self {
        case .tcp(let host, let port): "\(host):\(port)"
        case .unix(let path): path
        case .sentinel(let sentinel): sentinel.description
        }
    }
}
