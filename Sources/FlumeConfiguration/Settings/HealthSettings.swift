public import FlumeWorker

/// Where health checks and Prometheus are answered; nowhere unless a port or a socket is set.
///
/// ```swift
/// if let address = settings.health.address {
///     services.append(HealthServer(worker, at: address, limits: settings.health.limits, logger: logger))
/// }
/// ```
public struct HealthSettings: Sendable, Hashable {
    /// The address on which ``port`` is opened: by default every IPv4 address of the machine.
    ///
    /// Probes of Kubernetes and scrapes of Prometheus do not come from inside the container, and would not reach
    /// `127.0.0.1`. What is told are names of classes and pipelines, and counts.
    public var host = "0.0.0.0"
    /// The TCP port; nil for none.
    public var port: Int?
    /// The path of a Unix socket, in place of a port; nil for none.
    public var socket: String?
    /// From when on the worker counts as dead.
    public var limits = HealthLimits()

    /// Makes settings for no endpoint.
    public init() {}

    /// Where to listen; nil for nowhere.
    ///
    /// The socket when both are set.
    public var address: HealthAddress? {
        if let socket { return .unix(path: socket) }
        return port.map { .tcp(host: host, port: $0) }
    }
}
