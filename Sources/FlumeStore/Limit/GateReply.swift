import FlumeRedis

/// What limits said to a request.
package struct GateReply: Sendable {
    /// The limit that stopped it, and how long until it has room; `nil` when none did.
    package let stopped: (limit: Limit, wait: Duration)?
    /// How much later than the request a start may come.
    package let margin: Duration
    /// When it was asked, by Redis's clock, in microseconds since 1970.
    package let time: Int
    /// The settings of a limit are not in Redis, which must have lost them.
    package let isUndeclared: Bool

    /// Reads `{index or 0, µs to wait, µs of margin, 1 when undeclared, time}`.
    init?(_ reply: RedisReply, of gate: Gate) {
        guard case .array(let parts) = reply, parts.count == 5, let index = parts[0].integer,
            let wait = parts[1].integer, let margin = parts[2].integer, let time = parts[4].integer
        else { return nil }
        let limit = gate.limits.indices.contains(index - 1) ? gate.limits[index - 1] : nil
        stopped = limit.map { ($0, .microseconds(wait)) }
        self.margin = .microseconds(margin)
        self.time = time
        isUndeclared = parts[3].integer == 1
    }
}
