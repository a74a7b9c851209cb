/// Which way bytes go through a proxy.
public enum ProxyDirection: Sendable, Hashable, CaseIterable {
    /// From the client to the server.
    case requests
    /// From the server to the client.
    case replies
}
