/// How a proxy ends a connection.
public enum ProxyEnding: Sendable, Hashable {
    /// As a program does that closes its socket: the client reads the end of the stream.
    case close
    /// With a TCP reset, as from a host that has forgotten the connection: the client reads an error.
    case reset
}
