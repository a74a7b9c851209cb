public import FlumeWorker
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Answers health checks and Prometheus over HTTP: `/live`, `/ready` and `/metrics`.
///
/// ```swift
/// let health = HealthServer(worker, at: .tcp(host: "0.0.0.0", port: 9394), logger: logger)
/// try await ServiceGroup(
///     services: [redis, health, worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
/// ).run()
/// ```
///
/// Put it before the worker: a service group ends its services from the last to the first, and the endpoint should answer
/// until the worker has ended. `/ready` says no from the first moment of a shutdown in any case.
///
/// It has a thread of its own. Handlers that block every thread of Swift's pool, and loops of the worker that stand still,
/// do not keep it from answering: that is what it is there to tell.
public final class HealthServer: Service, Sendable {
    /// Where it listens.
    public let address: HealthAddress
    private let limits: HealthLimits
    private let logger: Logger
    private let onReady: @Sendable (HealthAddress) -> Void
    private let health: @Sendable () -> WorkerHealth
    private let patience: Duration

    /// Makes an endpoint for a worker; it listens from ``run()`` on.
    ///
    /// - Parameters:
    ///   - worker: whose health it tells.
    ///   - address: where to listen.
    ///   - limits: from when on the worker counts as dead.
    ///   - logger: told where it listens, and when a check begins to fail.
    ///   - onReady: called with the address once it listens; a port of 0 is the real one then.
    public convenience init(
        _ worker: Worker, at address: HealthAddress, limits: HealthLimits = .init(), logger: Logger,
        onReady: @escaping @Sendable (HealthAddress) -> Void = { _ in }
    ) {
        self.init(at: address, limits: limits, logger: logger, onReady: onReady) { worker.health }
    }

    /// Makes an endpoint for whatever can tell how a worker is.
    ///
    /// - Parameters:
    ///   - address: where to listen.
    ///   - limits: from when on the worker counts as dead.
    ///   - logger: told where it listens, and when a check begins to fail.
    ///   - onReady: called with the address once it listens; a port of 0 is the real one then.
    ///   - health: asked for each request, on the endpoint's thread; it must not wait.
    public convenience init(
        at address: HealthAddress, limits: HealthLimits = .init(), logger: Logger,
        onReady: @escaping @Sendable (HealthAddress) -> Void = { _ in },
        health: @escaping @Sendable () -> WorkerHealth
    ) {
        self.init(
            at: address, limits: limits, patience: GuestHandler.patience, logger: logger, onReady: onReady,
            health: health)
    }

    /// With another patience for slow clients.
    init(
        at address: HealthAddress, limits: HealthLimits, patience: Duration, logger: Logger,
        onReady: @escaping @Sendable (HealthAddress) -> Void, health: @escaping @Sendable () -> WorkerHealth
    ) {
        self.patience = patience
        self.address = address
        self.limits = limits
        self.logger = logger
        self.onReady = onReady
        self.health = health
    }

    /// Listens until a graceful shutdown or cancellation of the calling task.
    ///
    /// Requests under way are cut off then. The file of a Unix socket is removed, unless another process has put its own
    /// there.
    ///
    /// - Throws: ``HealthServerError`` when it cannot listen there.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await listen(on: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try? await group.shutdownGracefully()
    }

    private func listen(on group: MultiThreadedEventLoopGroup) async throws {
        // Everything up to the answer to the first request happens on the event loop: handlers may have taken every
        // thread of the pool by now.
        let eventLoop = group.next()
        let listening: EventLoopFuture<(any Channel, SocketFile?)>
        switch address {
        case .tcp(let host, let port):
            listening = bootstrap(on: eventLoop).bind(host: host, port: port).map { ($0, nil) }
        case .unix(let path):
            listening = SocketFile(path: path).clear(on: eventLoop).flatMapThrowing {
                try SocketFile(path: path).make()
            }.flatMap { socket, file in
                self.bootstrap(on: eventLoop).withBoundSocket(socket).map { ($0, file) }
            }
        }
        let channel: any Channel
        let file: SocketFile?
        do {
            (channel, file) = try await listening.always { [self] result in
                if case .success((let channel, _)) = result { tell(channel) }
            }.get()
        } catch {
            throw HealthServerError(error, at: address)
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            // Closing is the only way it ends, and how is of no interest.
            try? await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        file?.remove()
    }

    private func tell(_ channel: any Channel) {
        var real = address
        if case .tcp(let host, _) = address, let port = channel.localAddress?.port {
            real = .tcp(host: host, port: port)
        }
        logger.notice("health endpoint listens", metadata: [LogKeys.address: "\(real)"])
        onReady(real)
    }

    private func bootstrap(on eventLoop: any EventLoop) -> ServerBootstrap {
        let page = HealthPage(limits: limits, health: health)
        let patience = patience
        let guests = NIOLoopBoundBox.makeBoxSendingValue(Guests(), eventLoop: eventLoop)
        return ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(GuestHandler(guests.value, patience: patience))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(HealthHandler(page))
                }
            }
    }
}
