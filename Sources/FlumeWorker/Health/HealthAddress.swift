/// Where a health endpoint listens.
public enum HealthAddress: Sendable, Hashable, CustomStringConvertible {
    /// A TCP port; 0 takes a free one.
    ///
    /// The probes of Kubernetes and a Prometheus come from outside the container: they do not reach `127.0.0.1`. Choose
    /// `0.0.0.0`, or `::` where there is IPv6.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)

    /// `host:port`, or the path.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
