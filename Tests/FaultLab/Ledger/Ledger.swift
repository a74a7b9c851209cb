import Foundation

/// What all processes of a scenario wrote down, put together.
struct Ledger: Sendable {
    /// A job that somebody enqueued or tried to.
    struct Enqueue: Sendable, Hashable {
        var payload: String
        var attemptedAt: UInt64
        /// Nil if the producer got no answer: it may be in Redis or not.
        var acknowledgedAt: UInt64?
    }

    /// One call of a handler.
    struct Run: Sendable, Hashable {
        var jid: String
        /// `<nonce>#<number>`.
        var name: String
        var attempt: Int
        var fence: Int
        var payload: String
        var began: UInt64
        var ended: UInt64?
        var how: LedgerEntry.Ending?

        /// The worker process that it ran in.
        var nonce: String { String(name.prefix { $0 != "#" }) }
        /// Whether its effect is complete.
        var isDone: Bool { how == .done }
    }

    /// By jid.
    private(set) var enqueues: [String: Enqueue] = [:]
    /// In the order they began.
    private(set) var runs: [Run] = []

    /// The runs of a job, in the order they began.
    private(set) var runsOfJob: [String: [Run]] = [:]

    init(_ entries: [LedgerEntry] = []) {
        var runsByName: [String: Run] = [:]
        for entry in entries {
            switch entry {
            case .attempted(let jid, let time, let payload):
                enqueues[jid] = Enqueue(payload: payload, attemptedAt: time)
            case .acknowledged(let jid, let time): enqueues[jid]?.acknowledgedAt = time
            case .began(let jid, let time, let run, let attempt, let fence, let payload):
                runsByName["\(run) \(jid)"] = Run(
                    jid: jid, name: run, attempt: attempt, fence: fence, payload: payload, began: time)
            case .ended(let jid, let time, let run, let how):
                runsByName["\(run) \(jid)"]?.ended = time
                runsByName["\(run) \(jid)"]?.how = how
            }
        }
        runs = runsByName.values.sorted { ($0.began, $0.name) < ($1.began, $1.name) }
        runsOfJob = Dictionary(grouping: runs, by: \.jid)
    }

    /// Reads ledger files as they are at this moment; one that is not there yet is empty.
    init(files: [String]) {
        self.init(
            files.flatMap { path in
                let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
                return text.split(separator: "\n").compactMap { LedgerEntry(line: $0) }
            })
    }

    /// The jobs whose enqueue Redis acknowledged.
    var acknowledged: Set<String> { Set(enqueues.filter { $0.value.acknowledgedAt != nil }.keys) }

    /// The jobs with at least one complete effect.
    var done: Set<String> { Set(runs.filter(\.isDone).map(\.jid)) }
}
