/// What has to come back after healing: throughput, and each worker.
struct ProgressExpectation: Sendable, Hashable {
    /// The undisturbed time.
    var before: Range<UInt64>
    /// When the fault was over.
    var healed: UInt64
    /// How long coming back may take, in nanoseconds.
    var within: UInt64
    /// The workers that have to begin a job in that time, each of them.
    var workers: Set<String> = []
}
