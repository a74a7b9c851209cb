/// What became of jobs that were to be moved or deleted.
public struct JobMoves: Sendable, Hashable {
    /// A job that stays where it was, and why.
    public struct Refusal: Sendable, Hashable {
        /// The job.
        public var job: JobRecord
        /// Why, in words.
        public var reason: String
    }

    /// How many were moved or deleted by this call.
    public var moved = 0
    /// How many were not there any more: somebody else had moved, deleted or taken them.
    public var gone = 0
    /// Those that could not be moved and stay where they were.
    public var refused: [Refusal] = []

    mutating func add(_ other: Self) {
        moved += other.moved
        gone += other.gone
        refused += other.refused
    }
}
