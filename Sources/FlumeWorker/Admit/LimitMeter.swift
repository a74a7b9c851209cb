import FlumeStore

/// The arithmetic of a limit that counts in this process alone: what limit.lua does for one that is shared.
///
/// Both give the same answers at the same times. Times are microseconds on a clock that does not go back.
struct LimitMeter {
    private let numbers: Limit.Numbers
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

    init(_ numbers: Limit.Numbers) {
        self.numbers = numbers
        margin = min(max(numbers.scale * 3 / 200, 2000), 30_000, numbers.scale / 2)
    }

    /// How many may pass now; and when `wanted` may not, how long until they may.
    mutating func look(now: Int, wanted: Int = 1) -> (allowed: Int, wait: Int) {
        switch numbers.kind {
        case .window: lookAtWindow(now, min(wanted, numbers.count), wanted)
        case .bucket: lookAtBucket(now, wanted)
        case .slots: (numbers.count, 0)
        }
    }

    /// Counts what has passed.
    mutating func charge(_ count: Int, now: Int) {
        guard count > 0 else { return }
        switch numbers.kind {
        case .window: chargeWindow(count, now)
        case .bucket: fullAt = Double(now) + debt(now) + Double(count) * emission
        case .slots: break
        }
    }

    // MARK: Window

    private mutating func lookAtWindow(_ now: Int, _ attainable: Int, _ wanted: Int) -> (allowed: Int, wait: Int) {
        while head + 1 < log.count, log[head + 1].expiry <= now { head += 1 }
        if head > 1000, head * 2 > log.count {
            log.removeFirst(head)
            head = 0
        }
        let live = log[head...]
        let base = live.first.map { $0.expiry <= now ? $0.sum : 0 } ?? 0
        let allowed = numbers.count - ((live.last?.sum ?? 0) - base)
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

    private var emission: Double { Double(numbers.scale) / Double(numbers.count) }

    private func debt(_ now: Int) -> Double {
        min(max(0, fullAt - Double(now)), emission * Double(numbers.burst) + Double(numbers.scale))
    }

    private func lookAtBucket(_ now: Int, _ wanted: Int) -> (allowed: Int, wait: Int) {
        let full = emission * Double(numbers.burst)
        let allowed = Int(((full - debt(now) + 0.5) / emission).rounded(.down))
        guard allowed < wanted else { return (allowed, 0) }
        let wait = Double(min(wanted, numbers.burst)) * emission - (full - debt(now))
        return (max(0, allowed), Int(max(1, wait).rounded(.up)))
    }
}
