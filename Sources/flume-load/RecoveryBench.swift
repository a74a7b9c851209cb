import FlumeStore
import FlumeWire
import FlumeWorker
import Synchronization

/// How long it takes until the jobs of a process that is gone have run in another.
struct RecoveryBench {
    let bench: Bench
    /// Of a worker as well as of what is gone: the wait for proof of death is two to three of these.
    private static let lease = Duration.seconds(1)

    func run() async throws {
        try await bench.fill()
        try await orphan()
        let (ends, end) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let left = Atomic(bench.jobs)
        let jobs = bench.jobs
        let handler = bench.workload.handler {
            let now = left.subtract(1, ordering: .relaxed).newValue
            if now == jobs - 1 || now == 0 { end.yield(.now) }
        }
        var configuration = WorkerConfiguration()
        configuration.leaseDuration = Self.lease
        let worker = bench.worker(handler, configuration: configuration)
        let start = ContinuousClock.now
        let running = Task { try await worker.run() }
        var turns = ends.makeAsyncIterator()
        guard let first = await turns.next(), let last = await turns.next() else { return }
        worker.stop()
        try await running.value
        bench.report("jobs_per_s", Double(jobs) / (first.duration(to: last) / .seconds(1)), digits: 0)
        bench.report("first_after_s", start.duration(to: first) / .seconds(1), digits: 2)
        bench.report("last_after_s", start.duration(to: last) / .seconds(1), digits: 2)
    }

    /// Puts all jobs in flight, in the name of a process that there never was.
    private func orphan() async throws {
        let store = JobStore(redis: bench.redis, keys: KeySpace())
        let tenure = Tenure(identity: "gone:1:0", keys: store.keys)
        let lease = Int(Self.lease / .milliseconds(1))
        _ = try await store.hold(tenure, epoch: 1, milliseconds: lease)
        let sources = bench.queues.map { FetchRequest.Source(queue: QueueKey($0, keys: store.keys), quota: 1000) }
        var taken = 0
        while taken < bench.jobs {
            let request = FetchRequest(epoch: 1, firstSequence: taken + 1, count: 1000, sources: sources)
            let reply = try await store.fetch(request, leaseMilliseconds: lease, tenure: tenure)
            guard case .held(let deliveries, _, _) = reply, !deliveries.isEmpty else {
                throw LoadError("\(bench.jobs - taken) jobs are missing from the queue: \(reply)")
            }
            taken += deliveries.count
        }
    }
}
