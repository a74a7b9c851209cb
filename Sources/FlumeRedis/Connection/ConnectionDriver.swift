import Logging
import NIOCore
import Synchronization

/// Does what the state machine says: sockets, timers, log.
///
/// `@unchecked Sendable`: every mutable property is read and written on `eventLoop` only. The two functions that others
/// call begin with `assertInEventLoop`; the private ones are called by these, or by callbacks (channel, futures, timers)
/// of that event loop.
final class ConnectionDriver: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let dialer: Dialer
    private let logger: Logger
    private var machine: ConnectionStateMachine
    private var channel: (any Channel)?
    /// Where the channel leads.
    private var server: RedisConfiguration.Address?
    /// The number of the attempt to connect; what an older one still reports is ignored.
    private var attempt = 0
    private var outgoing: ByteBuffer
    private var attemptTimer: Scheduled<Void>?
    private var deadlineTimer: Scheduled<Void>?
    private var deadline: NIODeadline?
    private var whenClosed: [() -> Void] = []
    private var watch: SocketWatch

    /// Rises with every connection that becomes ready; readable from anywhere.
    let generation = Atomic<UInt64>(0)
    /// When the server last answered.
    ///
    /// In nanoseconds of `NIODeadline`, 0 for never; readable from anywhere.
    let lastReply = Atomic<UInt64>(0)

    /// A deadline is noticed this much too late at most.
    private static let timerGranularity = TimeAmount.milliseconds(5)
    /// A buffer that has become larger than this is not kept.
    private static let keptBuffer = 1 << 20

    init(dialer: Dialer, eventLoop: any EventLoop, logger: Logger, random: @escaping () -> Double) {
        self.dialer = dialer
        self.eventLoop = eventLoop
        self.logger = logger
        watch = SocketWatch(on: dialer.configuration)
        machine = ConnectionStateMachine(dialer.configuration, random: random)
        outgoing = ByteBufferAllocator().buffer(capacity: 16 << 10)
    }

    // MARK: From the client

    /// Takes a burst of requests and writes it with one flush.
    func submit(_ requests: [RedisRequest]) {
        eventLoop.assertInEventLoop()
        var effects = ConnectionEffects()
        var earliest = NIODeadline.distantFuture
        for request in requests {
            earliest = min(earliest, request.deadline)
            machine.submit(request, into: &effects)
        }
        perform(effects)
        wakeUp(at: earliest)
        if let channel, requests.count == 1, requests[0].isWatched, machine.awaitsOne { watch.wait(for: channel) }
    }

    /// Shuts down; `done` is called when nobody waits for a reply any more and the socket is being closed.
    ///
    /// Without TLS it is closed then; with TLS it is once the server has said goodbye too. What else it sends till then is
    /// read by nobody.
    func close(_ done: @escaping () -> Void) {
        eventLoop.assertInEventLoop()
        whenClosed.append(done)
        perform(machine.close(now: .now()))
        finishClosing()
    }

    // MARK: Effects

    private func perform(_ effects: ConnectionEffects) {
        if let report = effects.report { log(report) }
        if effects.closesSocket { closeSocket() }
        if effects.writes { write() }
        if let pause = effects.connectAfter { connect(after: pause) }
        for (waiter, error) in effects.failed { waiter.fail(error) }
        finishClosing()
    }

    private func write() {
        guard let channel else { return }
        outgoing.clear(minimumCapacity: 0)
        while let request = machine.nextToWrite() {
            request.write(to: &outgoing)
            if outgoing.readableBytes >= Self.keptBuffer { break }
        }
        guard outgoing.readableBytes > 0 else { return }
        channel.writeAndFlush(outgoing, promise: nil)
        if outgoing.capacity > Self.keptBuffer { outgoing = channel.allocator.buffer(capacity: 16 << 10) }
    }

    private func closeSocket() {
        attempt += 1
        attemptTimer?.cancel()
        attemptTimer = nil
        channel?.close(promise: nil)
        channel = nil
        dialer.primaryWatch?.remove(ObjectIdentifier(self))
    }

    private func finishClosing() {
        guard machine.state == .closed, !whenClosed.isEmpty else { return }
        deadlineTimer?.cancel()
        let waiters = whenClosed
        whenClosed = []
        for done in waiters { done() }
    }

    // MARK: Connecting

    private func connect(after pause: Duration) {
        attempt += 1
        let attempt = attempt
        guard pause > .zero else { return connect(attempt) }
        attemptTimer = eventLoop.scheduleTask(in: TimeAmount(pause)) { self.connect(attempt) }
    }

    private func connect(_ attempt: Int) {
        guard attempt == self.attempt, machine.backOffEnded() else { return }
        let configuration = dialer.configuration
        attemptTimer = eventLoop.scheduleTask(in: TimeAmount(configuration.connectTimeout)) {
            self.ended(
                attempt, RedisError(.connectionClosed, "\(configuration.address) does not answer"))
        }
        dialer.serverAddress(on: eventLoop).flatMap { address in
            if attempt == self.attempt { self.server = address }
            return self.dialer.dial(address, on: self.eventLoop) {
                try ReplyHandler(
                    onReply: { self.received($0, attempt) },
                    onEnd: { self.ended(attempt, $0) },
                    onWritability: { self.writabilityChanged($0, attempt) })
            }
        }.whenComplete { result in
            switch result {
            case .success(let channel): self.connected(attempt, channel)
            case .failure(let error):
                self.ended(attempt, RedisError(connecting: error, to: "\(configuration.address)"))
            }
        }
    }

    private func connected(_ attempt: Int, _ channel: any Channel) {
        guard attempt == self.attempt else {
            channel.close(promise: nil)
            return
        }
        self.channel = channel
        var buffer = channel.allocator.buffer(capacity: 512)
        for command in machine.connected() { command.write(to: &buffer) }
        channel.writeAndFlush(buffer, promise: nil)
    }

    private func ended(_ attempt: Int, _ error: RedisError) {
        guard attempt == self.attempt else { return }
        perform(machine.lost(error, now: .now()))
    }

    // MARK: Replies

    private func received(_ reply: RedisReply, _ attempt: Int) -> Bool {
        guard attempt == self.attempt else { return false }
        let now = NIODeadline.now()
        lastReply.store(now.uptimeNanoseconds, ordering: .relaxed)
        guard let effects = machine.received(reply, now: now) else { return true }
        if machine.state == .ready {
            attemptTimer?.cancel()
            attemptTimer = nil
            generation.store(machine.generation, ordering: .sequentiallyConsistent)
            watchPrimary(attempt)
        }
        perform(effects)
        if let next = machine.nextDeadline { wakeUp(at: next) }
        return attempt == self.attempt
    }

    /// Leaves a primary that is none any more: what it takes from now on is lost.
    private func watchPrimary(_ attempt: Int) {
        guard let watch = dialer.primaryWatch, let server else { return }
        let connection = PrimaryWatch.Connection(address: server, eventLoop: eventLoop) { address in
            guard attempt == self.attempt else { return }
            let error = RedisError(.connectionClosed, "Sentinel has moved the primary to \(address)")
            self.perform(self.machine.leave(error, now: .now()))
        }
        watch.add(connection, of: ObjectIdentifier(self), with: dialer)
    }

    private func writabilityChanged(_ isWritable: Bool, _ attempt: Int) {
        guard attempt == self.attempt else { return }
        machine.isWritable = isWritable
        if isWritable { write() }
    }

    // MARK: Time

    /// Makes sure that the timer fires then or earlier: there is one timer, and it is seldom moved.
    private func wakeUp(at next: NIODeadline) {
        if let deadline, deadline <= next { return }
        guard machine.state != .closed else { return }
        deadlineTimer?.cancel()
        deadline = next
        deadlineTimer = eventLoop.scheduleTask(deadline: next) { self.timePassed() }
    }

    private func timePassed() {
        deadline = nil
        let now = NIODeadline.now()
        perform(machine.timePassed(now: now))
        // Not for each of ten thousand deadlines on its own: every look goes through all of them.
        if let next = machine.nextDeadline { wakeUp(at: max(next, now + Self.timerGranularity)) }
    }

    private func log(_ report: ConnectionEffects.Report) {
        let address: Logger.MetadataValue = "\(dialer.configuration.address)"
        switch report {
        case .lost(let error):
            logger.warning(
                "connection to Redis lost",
                metadata: [RedisLogKeys.address: address, RedisLogKeys.error: "\(error.message)"])
        case .cannotConnect(let error):
            logger.error(
                "cannot connect to Redis; trying again until it works",
                metadata: [RedisLogKeys.address: address, RedisLogKeys.error: "\(error.message)"])
        case .connected:
            logger.debug("connected to Redis", metadata: [RedisLogKeys.address: address])
        case .restored(let failures):
            logger.notice(
                "connection to Redis restored",
                metadata: [RedisLogKeys.address: address, RedisLogKeys.attempts: "\(failures)"])
        }
    }
}
