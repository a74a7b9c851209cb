package import FlumeRedis
import FlumeWire

extension JobStore {
    /// The arithmetic, for scripts that need it and for a test that compares it with Swift's.
    package static var limitLibrary: [UInt8] { PackageResources.limit_lua }

    private static let acquireScript = RedisScript(
        name: "acquire", source: PackageResources.limit_lua + PackageResources.acquire_lua)
    private static let usageScript = RedisScript(
        name: "usage", source: PackageResources.limit_lua + PackageResources.usage_lua)
    private static let declareScript = RedisScript(name: "declare", source: PackageResources.declare_lua)
    private static let backOffScript = RedisScript(
        name: "backoff", source: PackageResources.limit_lua + PackageResources.backoff_lua)
    private static let renewScript = RedisScript(name: "renew", source: PackageResources.renew_lua)

    /// What came of declaring a limit.
    package enum Declaration: Sendable, Hashable {
        /// Nobody knew it yet.
        case new
        /// The same numbers were there.
        case same
        /// Other numbers were there; these count from now on.
        case changed(from: Limit.Numbers)
        /// The name belongs to a limit of another nature; nothing was changed.
        case refused(Limit.Numbers)
    }

    /// A limit and how much of it is in use.
    package struct Usage: Sendable, Hashable {
        /// The numbers that count now, after a back-off.
        package let numbers: Limit.Numbers
        /// How many may pass now.
        package let room: Int
        /// How long until one may; zero when one may now.
        package let wait: Duration
    }

    /// Writes a limit's numbers where all processes read them.
    package func declare(_ limit: Limit) async throws(RedisError) -> Declaration {
        let reply = try await redis.evaluate(
            Self.declareScript, keys: [limit.settingsKey, limit.meterKey, keys.limits]
        ) { command in
            command.append(limit.name)
            limit.numbers.append(to: &command)
        }
        guard case .array(let parts) = reply, let verdict = parts.first?.string else {
            throw RedisError.unexpectedReply(to: "declare.lua", reply)
        }
        switch verdict {
        case "new": return .new
        case "changed": return .changed(from: Limit.Numbers(parts.dropFirst()) ?? limit.numbers)
        case "refused": return .refused(Limit.Numbers(parts.dropFirst()) ?? limit.numbers)
        default: return .same
        }
    }

    /// Asks limits for leave, from all of them or from none.
    ///
    /// - Parameters:
    ///   - wanted: how many at most.
    ///   - enough: with fewer than this none is taken.
    ///   - gate: the limits.
    ///   - slot: the name of the slot and for how long it is held, where the limit is one of slots.
    ///   - patience: how many times the usual delay the start needs.
    ///   - refunds: starts that were let through and did not come: how many, by the time they were.
    /// - Returns: how many were granted, until when they may start, and what the gate said.
    /// - Throws: when Redis did not answer; they may count all the same.
    package func acquire(
        _ wanted: Int, enough: Int = 1, of gate: Gate, slot: (name: String, microseconds: Int) = ("", 0),
        patience: Int = 1, refunds: [Int: Int] = [:]
    ) async throws(RedisError) -> (granted: Int, deadline: ContinuousClock.Instant, reply: GateReply) {
        let sent = ContinuousClock.now
        let reply = try await redis.evaluate(Self.acquireScript, keys: gate.keyNames) { command in
            command.append(wanted)
            command.append(enough)
            command.append(slot.name)
            command.append(slot.microseconds)
            command.append(refunds.map { "\($0.key)*\($0.value)" }.joined(separator: " "))
            gate.append(to: &command, patience: patience)
        }
        guard case .array(let parts) = reply, parts.count == 6, let granted = parts[0].integer,
            let gateReply = GateReply(.array(Array(parts.dropFirst())), of: gate)
        else { throw RedisError.unexpectedReply(to: "acquire.lua", reply) }
        return (granted, sent + gateReply.margin, gateReply)
    }

    /// Holds a slot for so many microseconds from now, if it is still held.
    ///
    /// - Returns: whether it was.
    package func renewSlot(_ name: String, of limit: Limit, microseconds: Int) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(Self.renewScript, keys: [limit.slotsKey]) { command in
            command.append(name)
            command.append(microseconds)
        }
        return reply.integer == 1
    }

    /// Makes a limit stricter: closed for so long, or half of what it is now.
    ///
    /// - Returns: whether that changed anything; it is halved at most once in each scale.
    @discardableResult
    package func backOff(_ limit: Limit, closedFor pause: Duration?) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(Self.backOffScript, keys: [limit.settingsKey, limit.backOffKey]) {
            command in
            command.append(pause?.backOffMicroseconds ?? 0)
            limit.numbers.append(to: &command)
        }
        return reply.integer == 1
    }

    /// What a limit is now and how much of it is in use.
    package func usage(of limit: Limit) async throws(RedisError) -> Usage {
        let gate = Gate([limit])
        let reply = try await redis.evaluate(Self.usageScript, keys: gate.keyNames) { command in
            gate.append(to: &command, patience: 1)
        }
        guard case .array(let parts) = reply, parts.count == 6, let numbers = Limit.Numbers(parts[...]),
            let room = parts[4].integer, let wait = parts[5].integer
        else { throw RedisError.unexpectedReply(to: "usage.lua", reply) }
        return Usage(numbers: numbers, room: room, wait: .microseconds(wait))
    }
}

extension Limit.Numbers {
    /// Reads `kind, count, scale, burst`.
    fileprivate init?(_ parts: ArraySlice<RedisReply>) {
        let parts = Array(parts)
        guard parts.count >= 4, let kind = parts[0].string.flatMap(Limit.Kind.init(rawValue:)),
            let count = parts[1].integer, let scale = parts[2].integer, let burst = parts[3].integer
        else { return nil }
        self.init(kind, count: count, scale: scale, burst: burst)
    }
}

extension Duration {
    /// A hundred years: moments of that size are exact in the numbers of Lua.
    private static let longest = Duration.seconds(3_155_760_000 as Int64)

    /// In whole microseconds; what is longer than any time becomes the longest.
    package var wholeMicroseconds: Int {
        let (seconds, attoseconds) = min(max(self, .zero - Self.longest), Self.longest).components
        return Int(clamping: seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    }

    /// For how long a limit lets nothing through that was told to wait for so long: at least a microsecond, at most
    /// ``Limit/longestTime``.
    ///
    /// What a server says in `Retry-After` may be anything.
    package var backOffMicroseconds: Int { max(1, min(self, Limit.longestTime).wholeMicroseconds) }
}
