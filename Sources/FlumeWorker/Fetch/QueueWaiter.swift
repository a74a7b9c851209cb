import FlumeRedis
import FlumeStore
import NIOCore
import Synchronization

/// Waits on one empty queue, on a connection of its own, until there is a job or until it has brought one already.
final class QueueWaiter: Sendable {
    /// What it calls back with.
    enum Finding: Sendable {
        /// The queue has a job, or may have one.
        case job
        /// A fetch that was left with Redis was carried out, or failed.
        case answer(StandingFetch.Answer)
    }

    /// How long one blocking command waits in Redis before it is asked again.
    private static let blockSeconds = 5
    /// How long there may be no answer before something is the matter.
    static let shortSilence = Duration.seconds(blockSeconds) + .seconds(1)
    /// How often to look by fetching when Redis refuses to block: `BLMOVE` counts as a write that needs memory.
    private static let pollInterval = TimeAmount.milliseconds(100)

    /// The queue it waits on.
    let queue: QueueKey
    private let store: JobStore
    private let armed = Atomic(false)

    /// `store` is on a connection for this waiter alone.
    init(queue: QueueKey, store: JobStore) {
        self.queue = queue
        self.store = store
    }

    /// How long it takes at most from a fetch that was left with Redis to the certainty about it.
    static func longestWait(on redis: RedisClient) -> Duration {
        .seconds(blockSeconds) + redis.configuration.commandTimeout
    }

    /// Whether it waits.
    var isArmed: Bool { armed.load(ordering: .relaxed) }

    /// Waits, and leaves a fetch with Redis for the moment the queue has a job if there is one to leave.
    ///
    /// `found` is called once, on the event loop.
    func arm(with fetch: StandingFetch?, found: @escaping @Sendable (Finding) -> Void) {
        armed.store(true, ordering: .relaxed)
        guard let fetch else { return waitForJob(found) }
        store.take(fetch.request, waitingFor: queue, seconds: Self.blockSeconds, tenure: fetch.tenure) {
            [self] result, isRefused in
            let answer = StandingFetch.Answer(fetch: fetch, result: result)
            end(after: isRefused && !answer.hasBroughtJobs ? Self.pollInterval : .zero, .answer(answer), found)
        }
    }

    /// Closes its connection, which ends the command under way: it calls back with that.
    func disconnect() async { await store.redis.close() }

    private func waitForJob(_ found: @escaping @Sendable (Finding) -> Void) {
        store.waitForJob(in: queue, seconds: Self.blockSeconds) { [self] hasJob in
            switch hasJob {
            case .success(true): end(after: .zero, .job, found)
            case .success(false): waitForJob(found)
            // Out of memory, no list, a failover, no connection: the fetch will say what is wrong.
            case .failure: end(after: Self.pollInterval, .job, found)
            }
        }
    }

    private func end(after pause: TimeAmount, _ finding: Finding, _ found: @escaping @Sendable (Finding) -> Void) {
        guard pause > .zero else {
            armed.store(false, ordering: .relaxed)
            return found(finding)
        }
        store.redis.eventLoop.scheduleTask(in: pause) { self.end(after: .zero, finding, found) }
    }
}
