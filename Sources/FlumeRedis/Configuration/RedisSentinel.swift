/// Which Sentinels know the primary, and by which name.
public struct RedisSentinel: Sendable, Hashable {
    /// Where one Sentinel listens.
    public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
        /// A name or an address.
        public var host: String
        /// A TCP port.
        public var port: Int

        /// Creates an endpoint.
        ///
        /// - Parameters:
        ///   - host: A name or an address.
        ///   - port: A TCP port.
        public init(host: String, port: Int = 26379) {
            self.host = host
            self.port = port
        }

        /// `host:port`.
        public var description: String { "\(host):\(port)" }
    }

    /// The Sentinels; any one that answers is enough.
    public var endpoints: [Endpoint]
    /// The name under which they watch the primary.
    public var primaryName: String
    /// The user of the Sentinels themselves, if they ask for one.
    public var username: String?
    /// The password of the Sentinels themselves, if they ask for one.
    public var password: String?

    /// Creates the description of a group of Sentinels.
    ///
    /// - Parameters:
    ///   - endpoints: The Sentinels.
    ///   - primaryName: The name under which they watch the primary.
    ///   - username: The user of the Sentinels themselves.
    ///   - password: The password of the Sentinels themselves.
    public init(endpoints: [Endpoint], primaryName: String, username: String? = nil, password: String? = nil) {
        self.endpoints = endpoints
        self.primaryName = primaryName
        self.username = username
        self.password = password
    }
}

extension RedisSentinel: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name of the primary and the Sentinels, without any password.
    public var description: String {
        "\(primaryName) at sentinels " + endpoints.map(\.description).joined(separator: ",")
    }

    /// The same as ``description``: a password is not shown by accident.
    public var debugDescription: String { description }

    /// Shows no password when the value is dumped.
    public var customMirror: Mirror {
        Mirror(self, children: ["endpoints": endpoints, "primaryName": primaryName])
    }
}
