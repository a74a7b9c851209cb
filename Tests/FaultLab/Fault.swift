/// A fault that a scenario brought about: what the bound on duplicates is made of.
struct Fault: Sendable, Hashable {
    /// What was done.
    enum Kind: String, Sendable, Hashable {
        /// `kill -9`: nothing of the process runs from that moment on.
        case killed
        /// The process ended itself by a trap; noticed a little later than it happened.
        case crashed
        /// SIGTERM or SIGINT: what does not end in time is given back, and may run on until the process exits.
        case stopped
        /// SIGSTOP until SIGCONT.
        case suspended
        /// Redis could not be reached, was replaced, or its answers were lost.
        case cutOff
    }

    var kind: Kind
    /// The worker it was done to; nil: all of them.
    var nonce: String?
    /// The moment before it was done.
    var from: UInt64
    /// Whether it is no reason for anybody to lose a lease; see ``Evidence/keepsLeases``.
    var keepsLeases = false
    /// When it was over, or nil if it never was; of a death, when the process was certainly gone.
    var until: UInt64?

    init(_ kind: Kind, _ nonce: String?, from: UInt64, until: UInt64? = nil) {
        self.kind = kind
        self.nonce = nonce
        self.from = from
        self.until = until
    }

    /// How long before the fault a run may have ended and its acknowledgement still have been on its way.
    static let settleWindow: UInt64 = 1_000_000_000
    /// How long after the end of an outage a job may still begin that was taken from its queue before: between a fetch's reply
    /// and the first line in the ledger lies a moment, and more of it on a busy machine.
    static let wakeWindow: UInt64 = 100_000_000

    /// Whether this run may have been under way, or not acknowledged yet, when the fault came.
    func touches(_ run: Ledger.Run) -> Bool {
        guard nonce == nil || nonce == run.nonce else { return false }
        // Whoever is asked to stop still sends what it has to say.
        let settling = kind == .stopped ? 0 : Self.settleWindow
        if let ended = run.ended, ended + settling < from { return false }
        switch kind {
        case .killed: return true
        case .crashed, .stopped: return run.began <= until ?? .max
        case .suspended, .cutOff: return run.began <= (until ?? .max - Self.wakeWindow) + Self.wakeWindow
        }
    }

    /// For a death, the moment from which on nothing of the process ran; it may still have begun a run after ``from``.
    var death: UInt64 { until ?? from }

    /// Whether its victim can still be running a job that others were right to take.
    var allowsOverlap: Bool { kind != .killed && kind != .crashed }
}
