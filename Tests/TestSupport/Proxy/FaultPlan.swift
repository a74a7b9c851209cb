import NIOCore

/// What a proxy has been told to do, and what it has seen: decisions only, no sockets.
struct FaultPlan {
    /// What becomes of a frame.
    enum Verdict: Equatable {
        /// It arrives.
        case pass
        /// So many of its bytes arrive; then the connection ends.
        case cut(after: Int, ProxyEnding)
    }

    /// A frame that does not arrive.
    struct Fatal {
        var number: Int
        var direction: ProxyDirection
        var ending: ProxyEnding
    }

    /// A reply that is cut in the middle: the next one of some length.
    struct Wound {
        var minimum: Int
        var bytes: Int
        var ending: ProxyEnding
    }

    /// How many bytes of replies may still pass.
    struct Budget {
        var bytes: Int
        var ending: ProxyEnding
    }

    var fatal: Fatal?
    var wound: Wound?
    var budget: Budget?
    var stalled: Set<ProxyDirection> = []
    var delays: [ProxyDirection: TimeAmount] = [:]
    private(set) var passed: [ProxyDirection: Int] = [:]
    private(set) var commands: [String: Int] = [:]
    private(set) var cuts = 0
    var accepted = 0
    var isClosed = false

    /// Counts a frame whose turn it is, and judges it.
    mutating func judge(_ frame: Frame, _ direction: ProxyDirection) -> Verdict {
        passed[direction, default: 0] += 1
        if direction == .requests { commands[frame.command ?? "", default: 0] += 1 }
        if let fatal, fatal.direction == direction, fatal.number == passed[direction] {
            cuts += 1
            return .cut(after: 0, fatal.ending)
        }
        guard direction == .replies else { return .pass }
        let length = frame.bytes.readableBytes
        if let wound, length >= wound.minimum {
            self.wound = nil
            cuts += 1
            return .cut(after: min(wound.bytes, length - 1), wound.ending)
        }
        guard let budget else { return .pass }
        self.budget?.bytes = max(budget.bytes - length, 0)
        guard budget.bytes < length else { return .pass }
        cuts += 1
        return .cut(after: budget.bytes, budget.ending)
    }

    /// Counts connections that were ended from outside.
    mutating func countCuts(_ count: Int) { cuts += count }
}
