import FlumeStore

/// Which jobs stand in this process's own record of jobs in flight though nobody here runs or settles them.
///
/// A Redis that comes back without its last writes has forgotten that they were settled: after a failover that is normal.
/// The process lives, so nobody recovers them, and nobody here would ever look at them again.
///
/// The record is looked through after each new connection, and again until a look finds no stranger: what was fetched a moment
/// ago may not have arrived here yet, and what is put back may not have left.
struct RecordWatch {
    /// How long a job has to be a stranger.
    ///
    /// Whoever waits for the reply to a fetch has given it up by then, and asks what became of it.
    private let patience: Duration
    private var generation: UInt64?
    private var isOver = true
    private var strangers: [Int: ContinuousClock.Instant] = [:]

    init(patience: Duration) { self.patience = patience }

    /// Whether the record has to be looked through now.
    mutating func isDue(over generation: UInt64) -> Bool {
        if self.generation != generation {
            // The very first connection finds an empty record; there may have been others before anybody looked.
            isOver = self.generation == nil && generation <= 1
            self.generation = generation
        }
        return !isOver
    }

    /// Notes the strangers that were seen.
    ///
    /// - Returns: those that have been strangers for long enough.
    mutating func note(_ seen: [Delivery], at now: ContinuousClock.Instant) -> [Delivery] {
        let known = strangers
        strangers = [:]
        for delivery in seen { strangers[delivery.sequence] = known[delivery.sequence] ?? now }
        let ripe = seen.filter { delivery in
            strangers[delivery.sequence].map { $0.duration(to: now) >= patience } ?? false
        }
        isOver = seen.isEmpty
        return ripe
    }
}
