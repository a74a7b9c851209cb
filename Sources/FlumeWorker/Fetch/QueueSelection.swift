import FlumeStore

/// In which order a fetch looks at its queues: Sidekiq's three modes.
///
/// Sidekiq's threads each ask for one job and draw an order each time. A fetch here asks for many at once, so it gives
/// every queue the quota those threads would have drawn for it; what a queue does not fill, the others may, in drawn order.
struct QueueSelection: Sendable {
    private let queues: [(queue: QueueKey, weight: Int)]
    let mode: Pipeline.Mode

    init(_ queues: [(queue: QueueKey, weight: Int)], mode: Pipeline.Mode) {
        self.queues = queues
        self.mode = mode
    }

    /// All queues, in the order they were given.
    var all: [QueueKey] { queues.map(\.queue) }

    /// The order and quotas for a fetch of `count` jobs from all queues but some.
    func sources(
        count: Int, without closed: Set<String>, using generator: inout some RandomNumberGenerator
    ) -> [FetchRequest.Source] {
        guard !closed.isEmpty else { return sources(count: count, using: &generator) }
        let open = queues.filter { !closed.contains($0.queue.name) }
        return QueueSelection(open, mode: mode).sources(count: count, using: &generator)
    }

    /// The order and quotas for a fetch of `count` jobs.
    func sources(count: Int, using generator: inout some RandomNumberGenerator) -> [FetchRequest.Source] {
        guard mode != .strict, queues.count > 1 else {
            return queues.map { FetchRequest.Source(queue: $0.queue, quota: count) }
        }
        var tickets: [Int] = []
        for (index, entry) in queues.enumerated() {
            tickets.append(contentsOf: repeatElement(index, count: max(1, entry.weight)))
        }
        var quotas = [Int](repeating: 0, count: queues.count)
        for _ in 0..<count { quotas[tickets.randomElement(using: &generator) ?? 0] += 1 }
        var sources: [FetchRequest.Source] = []
        var isListed = [Bool](repeating: false, count: queues.count)
        for index in tickets.shuffled(using: &generator) where !isListed[index] {
            isListed[index] = true
            sources.append(.init(queue: queues[index].queue, quota: quotas[index]))
        }
        return sources
    }
}
