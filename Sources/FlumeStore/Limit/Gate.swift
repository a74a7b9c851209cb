import FlumeRedis

/// Limits of which each must have room before a job passes.
package final class Gate: Sendable {
    package let limits: [Limit]
    let keyNames: [String]
    /// The keys under which jobs that passed may hold slots.
    let slotKeys: Set<String>
    /// Whether a start that comes late has to be admitted again.
    let limitsStarts: Bool
    private let onRelease: @Sendable () -> Void

    /// - Parameters:
    ///   - limits: at least one.
    ///   - onRelease: called when jobs that passed have left and so gave back their slots.
    package init(_ limits: [Limit], onRelease: @escaping @Sendable () -> Void = {}) {
        self.limits = limits
        self.onRelease = onRelease
        keyNames = limits.flatMap { [$0.settingsKey, $0.meterKey, $0.slotsKey, $0.backOffKey] }
        slotKeys = Set(limits.lazy.filter { $0.numbers.kind == .slots }.map(\.slotsKey))
        limitsStarts = limits.contains { $0.numbers.kind != .slots }
    }

    /// Writes what limit.lua reads from the end of ARGV.
    func append(to command: inout RedisCommand, patience: Int) {
        for limit in limits { limit.numbers.append(to: &command) }
        command.append(patience)
        command.append(limits.count)
    }

    /// What goes with the jobs of one fetch.
    ///
    /// `reply` is what the gate said, `nil` when its answer was lost; it was asked at `sent` or later.
    func grant(by reply: GateReply?, askedAt sent: ContinuousClock.Instant) -> Grant {
        grant(at: reply?.time, before: sent + (reply?.margin ?? .zero))
    }

    func grant(at time: Int?, before deadline: ContinuousClock.Instant) -> Grant {
        Grant(
            deadline: limitsStarts ? deadline : nil, time: time, slotKeys: slotKeys,
            onRelease: slotKeys.isEmpty ? nil : onRelease)
    }
}

extension Limit.Numbers {
    func append(to command: inout RedisCommand) {
        command.append(kind.rawValue)
        command.append(count)
        command.append(scale)
        command.append(burst)
    }
}
