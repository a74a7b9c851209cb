/// All that the invariants are judged by.
struct Evidence: Sendable {
    var ledger: Ledger
    var redis: RedisSnapshot
    var faults: [Fault] = []
    /// Worker processes that were running when the snapshot was taken, by process id.
    var living: Set<Int32> = []
    /// The same by nonce.
    var livingNonces: Set<String> = []
    /// What Redis's counters may be off by beside what the faults explain, such as what was in a queue and no job.
    var counterTolerance = 0
    /// Whether `stat:processed` and `stat:failed` were only written by the processes of this ledger.
    var judgesCounters = true
    /// Whether the counts by class have to be right too; they end by themselves when a clock jumps.
    var judgesMetrics = false
    /// Payloads that a scenario put into Redis without a producer, such as poison.
    var foreign: Set<String> = []
    /// Jobs that may fail without a run of theirs, such as those of a class that nobody knows.
    var mayFailUnrun: Set<String> = []
    /// Acknowledged jobs that Redis was allowed to forget: by its settings for the disk, or by replication.
    var mayBeLost: Set<String> = []
    /// Whether no fault of the scenario is a reason for anybody to lose a lease.
    ///
    /// A process that keeps it keeps its record of jobs in flight: then a lost answer makes no job run twice.
    var keepsLeases = false
    /// What throughput has to come back to after each fault.
    var progress: [ProgressExpectation] = []
    /// Whose work has to go on while there are faults.
    var neighbours: [NeighbourExpectation] = []

    /// Whether a fault may have touched a run.
    func isTouched(_ run: Ledger.Run) -> Bool { faults.contains { $0.touches(run) } }

    /// Whether a fault may have been the reason for another run.
    func isExcused(_ run: Ledger.Run) -> Bool {
        !keepsLeases && faults.contains { !$0.keepsLeases && $0.touches(run) }
    }

    /// When a run was over at the latest: when it ended, or when its process did; nil if it may be running still.
    func latestEnd(of run: Ledger.Run) -> UInt64? {
        let deaths = faults.filter { !$0.allowsOverlap && $0.nonce == run.nonce && $0.death >= run.began }.map(\.death)
        return [run.ended, deaths.min()].compactMap(\.self).min()
    }

    /// Jobs that were acknowledged, by where they are now.
    var places: [String: [RedisSnapshot.Place]] {
        Dictionary(grouping: redis.jobs.filter { $0.jid != nil }, by: { $0.jid ?? "" }).mapValues { $0.map(\.place) }
    }
}
