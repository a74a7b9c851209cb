public import FlumeRedis
import FlumeStore
public import FlumeWire

/// Reads what is stored, and tells running processes what to do, from a process that need not run a worker.
///
/// ```swift
/// let inspector = Inspector(redis: redis)
/// let facts = try await inspector.facts()
/// try await inspector.pause(.pipeline("ses"))
/// ```
public struct Inspector: Sendable {
    let store: JobStore
    /// How long to wait for a process that was told to do something.
    let patience: Duration
    let stamping: JobStamping

    /// Makes an inspector; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - redis: where the jobs are.
    ///   - namespace: put before every key with a colon; empty for none.
    ///   - patience: how long to wait until a process has done what it was told. A process looks twice a second.
    ///   - deadSetMaximumJobs: how many dead jobs are kept when some are killed: what the workers are set up with.
    ///   - deadSetTimeout: how long a dead job is kept, likewise.
    ///   - timestampUnit: how time stamps are written that have no fellow in the payload.
    ///   - sharesWithExq: whether nodes of Exq run jobs of the same queues: what is put into a queue then has its times in
    ///     seconds, also where the job has milliseconds, as those of Sidekiq 8 do.
    public init(
        redis: RedisClient, namespace: String = "", patience: Duration = .seconds(5), deadSetMaximumJobs: Int = 10_000,
        deadSetTimeout: Duration = .seconds(180 * 24 * 3600), timestampUnit: Timestamp.Unit = .floatSeconds,
        sharesWithExq: Bool = false
    ) {
        let limits = DeadSetLimits(
            maximumJobs: deadSetMaximumJobs, seconds: Int(deadSetTimeout.components.seconds))
        store = JobStore(redis: redis, keys: KeySpace(namespace: namespace), deadSetLimits: limits)
        self.patience = patience
        stamping = JobStamping(unit: timestampUnit, sharesWithExq: sharesWithExq)
    }

    var keys: KeySpace { store.keys }

    /// The members of several sets, each sorted, read in pages so that no command keeps Redis from others for long.
    func members(of setKeys: [String]) async throws(RedisError) -> [[String]] {
        var found = setKeys.map { _ in Set<ExactName>() }
        var cursors: [String?] = setKeys.map { _ in "0" }
        while true {
            let open = cursors.indices.filter { cursors[$0] != nil }
            guard !open.isEmpty else { return found.map { $0.map(\.text).sorted() } }
            let replies = try await store.redis.send(
                open.map { RedisCommand("SSCAN", setKeys[$0], cursors[$0] ?? "0", "COUNT", "1000") })
            for (index, reply) in zip(open, replies) {
                // A key that holds something else counts as empty, and the facts go on.
                let parts = reply.array ?? []
                found[index].formUnion(parts.last?.array?.compactMap { $0.string.map(ExactName.init) } ?? [])
                let next = parts.first?.string ?? "0"
                cursors[index] = next == "0" ? nil : next
            }
        }
    }
}
