public import Logging
package import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// One connection to Redis that is there when it is needed.
///
/// It connects on first use and reconnects for ever. Concurrent callers share it: their commands are written
/// together and answered in order. A command issued while there is no connection waits for one until its
/// deadline; a command that was written when the connection ended fails with `unknownOutcome` and is never sent twice.
///
/// Cancelling the task that waits for a reply does not interrupt it: what was written cannot be taken back, and the
/// deadline bounds the wait. A blocking command is interrupted by ``close()``.
///
/// Everything happens on one event loop, no step needs a thread of Swift's cooperative pool.
public final class RedisClient: Service, Sendable {
    private struct Inbox {
        var requests: [RedisRequest] = []
        var isClosed = false
    }

    /// Everything of the connection happens on this event loop.
    package let eventLoop: any EventLoop
    /// Where Redis is and how to talk to it.
    package let configuration: RedisConfiguration
    /// For tasks that live on the connection's event loop: with this preference they pass through no other thread.
    ///
    /// A task that sends one command after the other saves two thread changes a command so, which on an idle machine is
    /// a third of its time. Nothing that runs there may block or compute for long: it is the thread that reads replies.
    public var taskExecutor: any TaskExecutor { loopExecutor }
    let loopExecutor: EventLoopTaskExecutor
    let dialer: Dialer
    private let logger: Logger
    private let driver: ConnectionDriver
    private let random: @Sendable () -> Double
    private let inbox = Mutex(Inbox())

    /// Creates a client; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - configuration: Where Redis is and how to talk to it.
    ///   - logger: Told once when the connection is lost, and once when it is back.
    public convenience init(_ configuration: RedisConfiguration, logger: Logger) {
        self.init(Dialer(configuration), logger: logger, random: { Double.random(in: 0..<1) })
    }

    /// Creates a client with a random number generator of one's own.
    ///
    /// - Parameters:
    ///   - configuration: Where Redis is and how to talk to it.
    ///   - logger: For the loss and the return of the connection.
    ///   - random: A number from 0 to 1 for the length of each pause between attempts to connect.
    package convenience init(
        _ configuration: RedisConfiguration, logger: Logger, random: @escaping @Sendable () -> Double
    ) {
        self.init(Dialer(configuration), logger: logger, random: random)
    }

    private init(
        _ dialer: Dialer, logger: Logger, on eventLoop: (any EventLoop)? = nil,
        random: @escaping @Sendable () -> Double
    ) {
        self.dialer = dialer
        configuration = dialer.configuration
        self.logger = logger
        self.random = random
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        self.eventLoop = eventLoop
        loopExecutor = EventLoopTaskExecutor(eventLoop)
        driver = ConnectionDriver(dialer: dialer, eventLoop: eventLoop, logger: logger, random: random)
    }

    deinit {
        // Nobody can use it any more: do not reconnect for ever.
        eventLoop.execute { [driver] in driver.close {} }
    }

    /// Makes another connection with the same settings, such as one for blocking commands.
    ///
    /// - Parameters:
    ///   - name: Added to the name that CLIENT LIST shows.
    ///   - longestPause: The longest pause between attempts to connect, where the settings do not say less.
    ///   - eventLoop: Where it lives; on any if there is none.
    /// - Returns: A client that is closed on its own.
    package func sibling(
        name: String, longestPause: Duration? = nil, on eventLoop: (any EventLoop)? = nil
    ) -> RedisClient {
        var configuration = configuration
        configuration.clientName = configuration.clientName.map { "\($0)-\(name)" } ?? name
        if let longestPause { configuration.backOff.cap = min(configuration.backOff.cap, longestPause) }
        return RedisClient(
            dialer.sharing(configuration), logger: logger, on: eventLoop, random: random)
    }

    /// Rises with every connection and reconnection: unchanged means one unbroken connection.
    package var generation: UInt64 {
        driver.generation.load(ordering: .sequentiallyConsistent)
    }

    /// How long ago the server last answered; nil when it never did.
    package var timeSinceLastReply: Duration? {
        let last = driver.lastReply.load(ordering: .relaxed)
        guard last > 0 else { return nil }
        let now = NIODeadline.now().uptimeNanoseconds
        return .nanoseconds(Int64(clamping: now > last ? now - last : 0))
    }

    // MARK: Life

    /// Keeps until graceful shutdown or cancellation, then closes.
    ///
    /// The client also works without it; a service group shuts down in reverse order, so put the client before what
    /// uses it.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Closes the connection for good.
    ///
    /// Commands that wait for a connection fail with `closed`, and so do later ones. Replies of commands that were
    /// written are still awaited within their deadline, unless a blocking command is among them: then all of them
    /// fail with `unknownOutcome` at once.
    public func close() async {
        inbox.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            eventLoop.execute { [driver] in
                driver.close { continuation.resume() }
            }
        }
    }

    // MARK: Requests

    /// Hands a request to the event loop; one wake-up takes all that have come together meanwhile.
    func submit(_ payload: RedisRequest.Payload, timeout: Duration?, isWatched: Bool = false, waiter: ReplyWaiter) {
        let patience = timeout ?? configuration.commandTimeout
        let request = RedisRequest(
            payload: payload, deadline: .now() + TimeAmount(patience), isBlocking: timeout != nil,
            isWatched: isWatched, waiter: waiter)
        enum Next { case refuse, wake, nothing }
        let next: Next = inbox.withLock { inbox in
            guard !inbox.isClosed else { return .refuse }
            inbox.requests.append(request)
            return inbox.requests.count == 1 ? .wake : .nothing
        }
        switch next {
        case .nothing: break
        // Never while the caller is still at it.
        case .refuse: eventLoop.execute { waiter.fail(ConnectionStateMachine.closedError) }
        case .wake: eventLoop.execute { self.deliver() }
        }
    }

    private func deliver() {
        var burst: [RedisRequest] = []
        inbox.withLock { inbox in
            burst.reserveCapacity(inbox.requests.count)
            swap(&burst, &inbox.requests)
        }
        driver.submit(burst)
    }
}

extension RedisClient: CustomReflectable {
    /// Shows where Redis is when the client, or what contains it, is dumped: no password and nothing that waits.
    public var customMirror: Mirror { Mirror(self, children: ["configuration": configuration]) }
}
