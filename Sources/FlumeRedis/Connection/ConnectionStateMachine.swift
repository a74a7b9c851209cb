import NIOCore

/// The life of an auto-reconnecting connection, without a socket, a clock or a thread.
///
/// ```
/// idle ──► connecting ──► handshaking ──► ready ──► draining (READONLY, leave, close: replies are still taken)
///              ▲   │            │           │           │
///              │   ▼            ▼           ▼           ▼
///            backingOff ◄───────┴───────────┴───────────┘      closed
/// ```
/// A request is in `waiting` until it is written and in `inFlight` until its last reply: never in both, and whoever
/// takes it out resumes its waiter.
struct ConnectionStateMachine {
    enum State: Equatable {
        case idle, connecting, handshaking, ready, draining, backingOff, closed
    }

    private(set) var state = State.idle
    /// Counts the connections that became ready.
    private(set) var generation: UInt64 = 0
    /// The socket takes no more for now.
    var isWritable = true

    let configuration: RedisConfiguration
    private let backOff: RedisBackOff
    private let random: () -> Double
    private var handshake: Handshake
    private var waiting = CircularBuffer<RedisRequest>()
    private var inFlight = CircularBuffer<PendingReplies>()
    private var lastActivity = NIODeadline.uptimeNanoseconds(0)
    private var readySince = NIODeadline.uptimeNanoseconds(0)
    private var failures = 0
    private var lastFailure: RedisError?
    private var isClosing = false

    /// More requests than this do not wait for a connection: memory is finite.
    static let largestQueue = 100_000

    init(_ configuration: RedisConfiguration, random: @escaping () -> Double) {
        self.configuration = configuration
        backOff = configuration.backOff.shortened(for: configuration.address)
        self.random = random
        handshake = Handshake(configuration)
    }

    // MARK: Requests and replies

    /// Takes a request.
    mutating func submit(_ request: RedisRequest, into effects: inout ConnectionEffects) {
        guard !isClosing, state != .closed else {
            effects.failed.append((request.waiter, Self.closedError))
            return
        }
        guard waiting.count < Self.largestQueue else {
            let error = RedisError(
                .connectionClosed, "\(waiting.count) commands wait for Redis already\(becauseOfLastFailure)")
            effects.failed.append((request.waiter, error))
            return
        }
        waiting.append(request)
        switch state {
        case .idle:
            state = .connecting
            effects.connectAfter = .zero
        case .ready: effects.writes = true
        case .connecting, .handshaking, .draining, .backingOff, .closed: break
        }
    }

    /// Takes the next request to write; it counts as written from then on.
    mutating func nextToWrite() -> RedisRequest? {
        guard state == .ready, isWritable, let request = waiting.popFirst() else { return nil }
        inFlight.append(PendingReplies(request))
        return request
    }

    /// Whether exactly one request waits for its replies.
    var awaitsOne: Bool { state == .ready && inFlight.count == 1 && waiting.isEmpty }

    /// Takes a reply of the server and resumes whoever waited for it.
    mutating func received(_ reply: RedisReply, now: NIODeadline) -> ConnectionEffects? {
        switch state {
        case .ready, .draining: break
        case .handshaking: return receivedInHandshake(reply, now: now)
        case .idle, .connecting, .backingOff, .closed: return nil
        }
        lastActivity = now
        guard !inFlight.isEmpty else {
            return lost(RedisError(.protocolViolation, "Redis sent a reply nobody asked for"), now: now)
        }
        let isReadOnly = reply.error?.code == .readOnly
        if inFlight[inFlight.startIndex].isSingle {
            inFlight.removeFirst().waiter.succeed(reply)
        } else if let all = inFlight[inFlight.startIndex].add(reply) {
            inFlight.removeFirst().waiter.succeed(all)
        }
        if isReadOnly, state == .ready {
            // The primary has become a replica: take the replies that are on their way, then connect anew.
            state = .draining
            lastFailure = RedisError(.readOnly, "the server has become a read-only replica")
        }
        guard state == .draining, inFlight.isEmpty else { return nil }
        return lost(lastFailure ?? Self.closedError, now: now)
    }

    private mutating func receivedInHandshake(_ reply: RedisReply, now: NIODeadline) -> ConnectionEffects? {
        switch handshake.received(reply) {
        case .waiting: return nil
        case .failed(let error): return lost(error, now: now)
        case .ready:
            var effects = ConnectionEffects()
            effects.writes = true
            if failures > 0 {
                effects.report = .restored(failures: failures)
            } else if generation == 0 {
                effects.report = .connected
            }
            state = .ready
            generation += 1
            // A replica always lets us in: without this, each refused write would mean a connection at once.
            if lastFailure?.code != .readOnly { failures = 0 }
            lastFailure = nil
            lastActivity = now
            readySince = now
            return effects
        }
    }

    // MARK: The connection

    /// The pause is over: connect now.
    ///
    /// - Returns: Whether to connect at all.
    mutating func backOffEnded() -> Bool {
        guard state == .backingOff || state == .connecting else { return false }
        state = .connecting
        return true
    }

    /// There is a socket.
    ///
    /// - Returns: What to write on it.
    mutating func connected() -> [RedisCommand] {
        guard state == .connecting else { return [] }
        state = .handshaking
        isWritable = true
        handshake = Handshake(configuration)
        return handshake.commands
    }

    /// The attempt failed or the connection ended.
    mutating func lost(_ error: RedisError, now: NIODeadline) -> ConnectionEffects {
        var effects = ConnectionEffects()
        effects.closesSocket = true
        switch state {
        case .idle, .backingOff, .closed: return effects
        case .connecting, .handshaking:
            // Once more for what an operator has to set right: a certificate that expired, a password that was changed.
            let isNews = error.code == .configuration && lastFailure?.code != .configuration
            if failures == 0 && generation == 0 || isNews, !isClosing { effects.report = .cannotConnect(error) }
        case .ready, .draining:
            if !isClosing { effects.report = .lost(error) }
            if error.code != .readOnly || readySince + TimeAmount(backOff.cap) <= now { failures = 0 }
        }
        if !inFlight.isEmpty {
            let unknown = RedisError(
                .unknownOutcome,
                "the connection to Redis ended before the reply: \(error.message); it may have been executed",
                serverMessage: error.serverMessage)
            for pending in inFlight { effects.failed.append((pending.waiter, unknown)) }
            inFlight.removeAll()
        }
        if error.code == .configuration {
            // Waiting does not make a wrong password right.
            for request in waiting { effects.failed.append((request.waiter, error)) }
            waiting.removeAll()
        }
        if isClosing {
            state = .closed
            return effects
        }
        effects.connectAfter = backOff.delay(failures: failures, fraction: random())
        state = .backingOff
        failures += 1
        lastFailure = error
        return effects
    }

    /// The server is not the one to talk to any more: takes the replies that are on their way, then connects anew.
    mutating func leave(_ error: RedisError, now: NIODeadline) -> ConnectionEffects {
        guard state == .ready else { return ConnectionEffects() }
        guard !inFlight.isEmpty, !inFlight.contains(where: \.isBlocking) else { return lost(error, now: now) }
        state = .draining
        lastFailure = error
        return ConnectionEffects()
    }

    /// The client is being shut down.
    mutating func close(now: NIODeadline) -> ConnectionEffects {
        var effects = ConnectionEffects()
        guard !isClosing else { return effects }
        isClosing = true
        for request in waiting { effects.failed.append((request.waiter, Self.closedError)) }
        waiting.removeAll()
        if state == .ready, !inFlight.isEmpty, !inFlight.contains(where: \.isBlocking) {
            state = .draining
            lastFailure = RedisError(.closed, "the client was shut down")
            return effects
        }
        if state == .draining, !inFlight.isEmpty { return effects }
        let failed = effects.failed
        effects = lost(Self.closedError, now: now)
        effects.failed = failed + effects.failed
        effects.connectAfter = nil
        state = .closed
        return effects
    }

    // MARK: Time

    /// When ``timePassed(now:)`` wants to be called next, nil for never.
    var nextDeadline: NIODeadline? {
        var next: NIODeadline?
        func consider(_ deadline: NIODeadline) { next = min(next ?? deadline, deadline) }
        for request in waiting { consider(request.deadline) }
        for pending in inFlight { consider(pending.deadline) }
        if state == .ready, inFlight.isEmpty { consider(lastActivity + TimeAmount(configuration.keepAlive)) }
        return next
    }

    /// Fails what is too late, and asks an idle server whether it is still there.
    mutating func timePassed(now: NIODeadline) -> ConnectionEffects {
        if inFlight.contains(where: { $0.deadline <= now }) {
            return lost(RedisError(.timedOut, "Redis did not answer within the deadline of the command"), now: now)
        }
        var effects = ConnectionEffects()
        if waiting.contains(where: { $0.deadline <= now }) {
            let error = RedisError(
                .timedOut, "no connection to Redis within the deadline; nothing was sent\(becauseOfLastFailure)",
                serverMessage: lastFailure?.serverMessage)
            for request in waiting where request.deadline <= now { effects.failed.append((request.waiter, error)) }
            waiting.removeAll { $0.deadline <= now }
        }
        if state == .ready, inFlight.isEmpty, waiting.isEmpty,
            lastActivity + TimeAmount(configuration.keepAlive) <= now
        {
            waiting.append(
                RedisRequest(
                    payload: .one(RedisCommand("PING")), deadline: now + TimeAmount(configuration.commandTimeout),
                    isBlocking: false, waiter: .nobody))
            effects.writes = true
        }
        return effects
    }

    private var becauseOfLastFailure: String {
        lastFailure.map { ": \($0.message)" } ?? ""
    }

    static var closedError: RedisError {
        RedisError(.closed, "this Redis client was shut down")
    }
}
