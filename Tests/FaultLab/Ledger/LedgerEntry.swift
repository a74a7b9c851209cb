/// One line of a ledger: what a producer or a worker wrote down, outside of Redis, about one job.
///
/// Fields are separated by tabs; Swift and Ruby write the same form (`interop/ruby/lab_ledger.rb`):
///
///     try    <jid> <ns> <payload>
///     ack    <jid> <ns>
///     begin  <jid> <ns> <run> <attempt> <fence> <payload>
///     end    <jid> <ns> <run>
///     fail   <jid> <ns> <run>
///     cancel <jid> <ns> <run>
///
/// `ns` is the machine's monotonic clock, which all its processes share. A run is named `<nonce>#<number>`, where the nonce
/// is the name of the worker process.
enum LedgerEntry: Sendable, Hashable {
    /// A producer is about to enqueue; without an `ack` behind it nobody knows whether it did.
    case attempted(jid: String, at: UInt64, payload: String)
    /// Redis has acknowledged the job.
    case acknowledged(jid: String, at: UInt64)
    /// A handler was called.
    ///
    /// The fence counts the leases its process had lost by then.
    case began(jid: String, at: UInt64, run: String, attempt: Int, fence: Int, payload: String)
    /// A handler came to an end.
    case ended(jid: String, at: UInt64, run: String, how: Ending)

    /// How a handler came to its end.
    enum Ending: String, Sendable {
        /// The effect is complete.
        case done = "end"
        /// It threw, as its arguments asked for.
        case failed = "fail"
        /// It was cancelled before its effect.
        case cancelled = "cancel"
    }

    /// Reads a line; nil if it is none, as the last one of a process that was killed while writing.
    init?(line: Substring) {
        let fields = line.split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
        guard fields.count > 2, let time = UInt64(fields[2]) else { return nil }
        switch (fields[0], fields.count) {
        case ("try", 4): self = .attempted(jid: fields[1], at: time, payload: fields[3])
        case ("ack", 3): self = .acknowledged(jid: fields[1], at: time)
        case ("begin", 7):
            guard let attempt = Int(fields[4]), let fence = Int(fields[5]) else { return nil }
            self = .began(
                jid: fields[1], at: time, run: fields[3], attempt: attempt, fence: fence, payload: fields[6])
        case (let verb, 4):
            guard let how = Ending(rawValue: verb) else { return nil }
            self = .ended(jid: fields[1], at: time, run: fields[3], how: how)
        default: return nil
        }
    }

    /// The line, with its newline.
    var line: String {
        switch self {
        case .attempted(let jid, let time, let payload): "try\t\(jid)\t\(time)\t\(payload)\n"
        case .acknowledged(let jid, let time): "ack\t\(jid)\t\(time)\n"
        case .began(let jid, let time, let run, let attempt, let fence, let payload):
            "begin\t\(jid)\t\(time)\t\(run)\t\(attempt)\t\(fence)\t\(payload)\n"
        case .ended(let jid, let time, let run, let how): "\(how.rawValue)\t\(jid)\t\(time)\t\(run)\n"
        }
    }
}
