import FlumeStore
import Synchronization

/// The station between fetch and process of a pipeline that does not batch: tasks that perform jobs, one after the other.
///
/// A task for each job was a third of what a job that does nothing costs a worker. Here a task takes the next job as soon
/// as one has ended. Before it begins one it sees to it that another task stands by: if the job has to wait for something,
/// that one goes on with the next, so that as many jobs run at a time as were fetched.
///
/// The tasks are not children of anybody: a handler that ignores cancellation must not keep the worker from stopping.
final class Relay: Sendable {
    private typealias Entry = (delivery: Delivery, deadline: ContinuousClock.Instant?)

    private struct State {
        /// Fetched and not begun, in order, behind those that have begun since the last fetch.
        ///
        /// An array and a number: taking jobs out of NIO's ring buffer was 3 % of the samples of a drain.
        private var line: [Entry] = []
        private var next = 0
        /// Whether a task was made that has not begun yet.
        ///
        /// There always is one while somebody waits in line.
        var hasStandby = false

        var isEmpty: Bool { next == line.count }

        mutating func append(_ entries: some Sequence<Entry>) {
            line.removeSubrange(..<next)
            next = 0
            line.append(contentsOf: entries)
        }

        mutating func popFirst() -> Entry? {
            guard next < line.count else {
                // What has ended must not stay in memory until the next fetch.
                line.removeAll(keepingCapacity: true)
                next = 0
                return nil
            }
            defer { next += 1 }
            return line[next]
        }
    }

    /// After so many jobs in a row a task lets others have its thread, such as handlers that have waited for something.
    private static let longestRun = 32

    private let lane: Lane
    private let processor: Processor
    private let state = Mutex(State())

    init(in lane: Lane, processor: Processor) {
        self.lane = lane
        self.processor = processor
    }

    /// Takes deliveries and their slots; a slot is free again when its job has ended.
    func start(_ deliveries: [Delivery]) {
        lane.slots.take(deliveries.count)
        processor.running.add(deliveries, startedAt: processor.clock.secondsSinceEpoch)
        let needsStandby = state.withLock { state in
            state.append(deliveries.lazy.map { ($0, self.lane.admission?.deadline($0.grant)) })
            defer { state.hasStandby = true }
            return !state.hasStandby
        }
        if needsStandby { makeStandby() }
    }

    private func makeStandby() {
        let task = JobTask()
        task.isPerformed(
            by: Task { [self] in
                state.withLock { $0.hasStandby = false }
                await run(task)
            })
    }

    private func run(_ task: JobTask) async {
        var count = 0
        while let (delivery, deadline) = takeNext() {
            if let isCancelled = processor.running.begin(delivery, in: task) {
                await processor.perform(delivery, in: lane, before: deadline, isCancelled: isCancelled)
            }
            lane.slots.release()
            // A task that was cancelled is so for ever.
            if task.isSpent { return }
            count += 1
            if count.isMultiple(of: Self.longestRun) { await Task.yield() }
        }
    }

    private func takeNext() -> Entry? {
        let (entry, needsStandby) = state.withLock { state -> (Entry?, Bool) in
            guard let entry = state.popFirst() else { return (nil, false) }
            guard !state.isEmpty, !state.hasStandby else { return (entry, false) }
            state.hasStandby = true
            return (entry, true)
        }
        if needsStandby { makeStandby() }
        return entry
    }
}
