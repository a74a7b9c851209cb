/// Jobs of one class that a handler gets together, in the order they were fetched.
///
/// `Work` is the job's type, or `JobPayload` for a handler that reads the arguments itself.
public struct JobBatch<Work: Sendable>: Sendable, RandomAccessCollection {
    /// One job of a batch.
    public struct Item: Sendable {
        /// The decoded arguments.
        public let job: Work
        /// What is known about the job besides its arguments.
        public let context: JobContext
    }

    /// The jobs with their contexts.
    public let items: [Item]

    init(_ items: [Item]) {
        self.items = items
    }

    /// The jobs alone.
    public var jobs: [Work] { items.map(\.job) }
    /// The contexts alone.
    public var contexts: [JobContext] { items.map(\.context) }
    /// The answer that all are done.
    public var allDone: [JobResult] { items.map { _ in .done } }

    /// The position of the first job.
    public var startIndex: Int { items.startIndex }
    /// The position after the last job.
    public var endIndex: Int { items.endIndex }
    /// The job at a position.
    public subscript(position: Int) -> Item { items[position] }
}
