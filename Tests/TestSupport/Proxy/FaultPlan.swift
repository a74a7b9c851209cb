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

    /// A reply that is cut in the middle: the next one to some command, of some length, or one of those right behind it.
    struct Wound {
        /// The command's name, as ``FaultPlan/naming`` gives it; nil: any.
        var name: String?
        var minimum: Int
        var bytes: Int
        /// Of how many replies in a row the bytes are counted.
        var replies: Int
        var ending: ProxyEnding
        /// Where the first of several has passed.
        var connection: ObjectIdentifier?

        fileprivate func isMeant(_ length: Int, _ name: String?, _ connection: ObjectIdentifier?) -> Bool {
            if let own = self.connection { return own == connection }
            return length >= minimum && (self.name == nil || self.name == name)
        }
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
    /// How often replies were cut that were to be, by the name of the command.
    private(set) var wounds: [String: Int] = [:]
    /// Names commands by their words; nil: nobody wants to know.
    var naming: (@Sendable ([String]) -> String)?
    var accepted = 0
    var isClosed = false

    /// Counts a frame whose turn it is, and judges it.
    ///
    /// - Parameters:
    ///   - frame: a command or a reply.
    ///   - direction: where it goes.
    ///   - name: of a reply, what it answers.
    ///   - connection: which one it is on.
    /// - Returns: what becomes of it.
    mutating func judge(
        _ frame: Frame, _ direction: ProxyDirection, answering name: String? = nil,
        on connection: ObjectIdentifier? = nil
    ) -> Verdict {
        passed[direction, default: 0] += 1
        if direction == .requests { commands[frame.command ?? "", default: 0] += 1 }
        if let fatal, fatal.direction == direction, fatal.number == passed[direction] {
            cuts += 1
            return .cut(after: 0, fatal.ending)
        }
        guard direction == .replies else { return .pass }
        let length = frame.bytes.readableBytes
        if let wound, wound.isMeant(length, name, connection) {
            guard wound.replies > 1, wound.bytes >= length else {
                self.wound = nil
                cuts += 1
                wounds[name ?? "", default: 0] += 1
                return .cut(after: min(wound.bytes, length - 1), wound.ending)
            }
            self.wound?.bytes -= length
            self.wound?.replies -= 1
            self.wound?.connection = connection
            return .pass
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
