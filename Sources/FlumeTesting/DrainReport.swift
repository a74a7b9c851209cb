/// What a drain has run.
public struct DrainReport: Sendable {
    /// All runs in order; a job that was retried is there several times.
    public let runs: [JobRun]

    /// The runs in which a job failed, whatever became of it later.
    public var failures: [JobRun] { runs.filter(\.ending.isFailure) }

    /// The runs in which a job died.
    public var deaths: [JobRun] { runs.filter(\.ending.isDeath) }

    /// How many runs there were.
    public var count: Int { runs.count }
}
