import FlumeRedis
import FlumeStore

/// The queues of a pipeline that are waited on, and the fetches left with Redis for when they have a job.
///
/// Each fetch has slots set aside, which nothing else may fill while it stands: what it brings starts at once. It is for an
/// idle pipeline, and taken back when the slots are wanted.
struct StandingFetches {
    /// What has been found since somebody looked.
    struct Findings {
        /// A queue has a job that nobody has taken.
        var hasJob = false
        /// One brought all it might: there may be more.
        var isFull = false
        /// One has been carried out.
        var hasAnswer = false
        /// Answers that are no simple matter: a failure, a lease that ran out.
        var unsettled: [StandingFetch.Answer] = []
    }

    /// How many queues of a pipeline are waited on with a connection each; more are polled.
    private static let waiterLimit = 8
    /// How many jobs one takes at most.
    ///
    /// A process that is frozen or cut off takes so many with it until its lease has run out, and of many idle processes one
    /// shall not take all there is.
    private static let largest = 10

    /// One for each of the first queues.
    let waiters: [QueueWaiter]
    /// Whether each queue has a waiter.
    let watchesAll: Bool
    /// Whether Redis knows the script.
    var isPrepared = false
    /// What has been found.
    var findings = Findings()
    /// How many slots are set aside.
    private(set) var reserved = 0
    private var standing: [Int: StandingFetch] = [:]
    /// Those whose answer counts no more: somebody asks Redis himself.
    private var withdrawn: Set<Int> = []

    init(queues: [QueueKey], store: JobStore) {
        waiters = queues.prefix(Self.waiterLimit).map { queue in
            // On the same event loop: what has come is started without a change of thread.
            let redis = store.redis.sibling(name: "wait:\(queue.name)", on: store.redis.eventLoop)
            return QueueWaiter(queue: queue, store: JobStore(redis: redis, keys: store.keys))
        }
        watchesAll = waiters.count == queues.count
    }

    /// Whether there are none.
    var isEmpty: Bool { standing.isEmpty }

    /// Whether one has had no answer for longer than it waits in Redis.
    var hasOverdue: Bool {
        standing.values.contains { $0.left.duration(to: .now) > QueueWaiter.shortSilence }
    }

    /// Waits on queues, with a fetch left for each if there are slots enough.
    ///
    /// - Parameters:
    ///   - isOpen: whether a queue may be asked.
    ///   - free: how many slots may be set aside; with fewer than one for each queue it only waits for a job.
    ///   - claims: where sequence numbers come from.
    ///   - found: called once for each, on the event loop.
    mutating func arm(
        where isOpen: (String) -> Bool, free: Int, claims: Claims,
        found: @escaping @Sendable (QueueWaiter.Finding) -> Void
    ) {
        let idle = waiters.filter { !$0.isArmed && isOpen($0.queue.name) }
        guard !idle.isEmpty else { return }
        let share = min(Self.largest, free / idle.count)
        for waiter in idle {
            guard share > 0 else {
                waiter.arm(with: nil, found: found)
                continue
            }
            let (tenure, epoch, firstSequence) = claims.reserve(share)
            let request = FetchRequest(
                epoch: epoch, firstSequence: firstSequence, count: share,
                sources: [.init(queue: waiter.queue, quota: share)])
            let fetch = StandingFetch(request: request, tenure: tenure, left: .now)
            standing[fetch.number] = fetch
            reserved += share
            waiter.arm(with: fetch, found: found)
        }
    }

    /// Whether the answer to a fetch counts.
    func stands(_ fetch: StandingFetch) -> Bool {
        standing[fetch.number] != nil && !withdrawn.contains(fetch.number)
    }

    /// The answer to this one counts no more.
    ///
    /// - Returns: whether it did.
    mutating func withdraw(_ fetch: StandingFetch) -> Bool {
        guard stands(fetch) else { return false }
        withdrawn.insert(fetch.number)
        return true
    }

    /// The answers to all that were left in one life of the process count no more.
    ///
    /// - Returns: `nil` when no answer counts.
    mutating func withdrawSome() -> (fetches: [StandingFetch], tenure: Tenure)? {
        guard let tenure = standing.values.first(where: stands)?.tenure else { return nil }
        let fetches = standing.values.filter { $0.tenure === tenure && stands($0) }
        for fetch in fetches { withdrawn.insert(fetch.number) }
        return (fetches, tenure)
    }

    /// It is known what one has brought, and that has been started.
    mutating func remove(_ fetch: StandingFetch) {
        guard standing.removeValue(forKey: fetch.number) != nil else { return }
        withdrawn.remove(fetch.number)
        reserved -= fetch.request.count
    }

    /// What has been found since the last time.
    mutating func takeFindings() -> Findings {
        defer { findings = Findings() }
        return findings
    }
}
