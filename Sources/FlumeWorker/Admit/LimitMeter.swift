import FlumeStore

/// The arithmetic of a limit that counts in this process alone: what limit.lua does for one that is shared.
///
/// Both give the same answers at the same times. Times are microseconds on a clock that does not go back.
struct LimitMeter {
    let numbers: Limit.Numbers
    /// By how much the window is longer than its scale.
    private let margin: Int
    /// How much later than its admission a start may come.
    var delay: Int { max(margin / 4, min(margin / 2, 2000)) }
    /// Of a window: what was let through, by the time it counts no more.
    ///
    /// `sum` counts from the beginning; an entry that is over stays as long as it is the newest of those.
    private var log: [(expiry: Int, sum: Int)] = []
    private var head = 0
    /// Of a bucket: when it is full again.
    private var fullAt = 0.0
    /// The share that is let through since a back-off at some time, and until when nothing is.
    private var calm = (factor: 1.0, since: 0, blockedUntil: 0)

    init(_ numbers: Limit.Numbers) {
        self.numbers = numbers
        margin = min(max(numbers.scale * 3 / 200, 2000), 30_000, numbers.scale / 2)
    }

    /// How many may pass now; and when `wanted` may not, how long until they may.
    mutating func look(now: Int, wanted: Int = 1) -> (allowed: Int, wait: Int) {
        let room =
            switch numbers.kind {
            case .window: lookAtWindow(now, wanted)
            case .bucket: lookAtBucket(now, wanted)
            case .slots: (allowed: numbers.count, wait: 0)
            }
        return calm.blockedUntil > now ? (0, calm.blockedUntil - now) : room
    }

    /// Counts what has passed.
    mutating func charge(_ count: Int, now: Int) {
        guard count > 0 else { return }
        switch numbers.kind {
        case .window: chargeWindow(count, now)
        case .bucket: fullAt = Double(now) + debt(now) + Double(count) * emission(now)
        case .slots: break
        }
    }

    // MARK: Back-off

    /// Lets nothing through for so long; or, if it is not said how long, half of what it does now, at most once in each
    /// scale.
    ///
    /// - Returns: whether that changed anything.
    mutating func backOff(closedFor pause: Int?, now: Int) -> Bool {
        if let pause {
            calm.blockedUntil = max(calm.blockedUntil, now + pause)
            return true
        }
        guard calm.factor == 1 || now - calm.since >= numbers.scale else { return false }
        (calm.factor, calm.since) = (factor(now) / 2, now)
        return true
    }

    /// What is left of a back-off: it comes back in a straight line over ten scales.
    private func factor(_ now: Int) -> Double {
        guard calm.factor < 1 else { return 1 }
        let passed = Double(max(0, now - calm.since))
        return min(1, calm.factor + (1 - calm.factor) * passed / (10 * Double(numbers.scale)))
    }

    /// How many are let through in a scale now.
    func rate(_ now: Int) -> Double { max(1, Double(numbers.count) * factor(now)) }

    // MARK: Window

    private mutating func lookAtWindow(_ now: Int, _ wanted: Int) -> (allowed: Int, wait: Int) {
        let count = Int(rate(now))
        let attainable = min(wanted, count)
        while head + 1 < log.count, log[head + 1].expiry <= now { head += 1 }
        if head > 1000, head * 2 > log.count {
            log.removeFirst(head)
            head = 0
        }
        let live = log[head...]
        let base = live.first.map { $0.expiry <= now ? $0.sum : 0 } ?? 0
        let allowed = count - ((live.last?.sum ?? 0) - base)
        guard allowed < wanted else { return (allowed, 0) }
        // When so much of what counts now will count no more that there is room.
        let target = base + attainable - allowed
        let frees = live.first { $0.sum >= target && $0.expiry > now } ?? live.last
        return (max(0, allowed), max(1, (frees?.expiry ?? now) - now))
    }

    private mutating func chargeWindow(_ count: Int, _ now: Int) {
        let grain = max(1, numbers.scale / 2000)
        let expiry = (now / grain + 1) * grain + numbers.scale + margin
        if let last = log.last, last.expiry >= expiry {
            log[log.count - 1].sum += count
        } else {
            log.append((expiry, (log.last?.sum ?? 0) + count))
        }
    }

    // MARK: Bucket

    private func emission(_ now: Int) -> Double { Double(numbers.scale) / rate(now) }

    private func debt(_ now: Int) -> Double {
        min(max(0, fullAt - Double(now)), emission(now) * Double(numbers.burst) + Double(numbers.scale))
    }

    private func lookAtBucket(_ now: Int, _ wanted: Int) -> (allowed: Int, wait: Int) {
        let emission = emission(now)
        let full = emission * Double(numbers.burst)
        let allowed = Int(((full - debt(now) + 0.5) / emission).rounded(.down))
        guard allowed < wanted else { return (allowed, 0) }
        let wait = Double(min(wanted, numbers.burst)) * emission - (full - debt(now))
        return (max(0, allowed), Int(max(1, wait).rounded(.up)))
    }
}
