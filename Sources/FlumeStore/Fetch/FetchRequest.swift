/// What one fetch asks for.
package struct FetchRequest: Sendable {
    /// A queue to look at, and how many jobs to take from it before the others had their turn.
    package struct Source: Sendable {
        package var queue: QueueKey
        package var quota: Int

        package init(queue: QueueKey, quota: Int) {
            self.queue = queue
            self.quota = quota
        }
    }

    /// The epoch the process believes its lease has.
    package var epoch: Int
    /// The first of `count` sequence numbers reserved for this fetch.
    package var firstSequence: Int
    /// How many jobs at most.
    package var count: Int
    /// The queues in the order to look at them.
    package var sources: [Source]
    /// What must have room for the jobs.
    package var gate: Gate?

    package init(epoch: Int, firstSequence: Int, count: Int, sources: [Source], gate: Gate? = nil) {
        self.epoch = epoch
        self.firstSequence = firstSequence
        self.count = count
        self.sources = sources
        self.gate = gate
    }
}
