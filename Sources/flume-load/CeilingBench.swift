import FlumeRedis
import FlumeStore
import FlumeWire
import NIOCore
import Synchronization

/// What Redis and one connection allow: the two scripts of a job's way, called as a worker calls them, with no worker.
///
/// One loop fetches as many jobs as there are slots, another settles whatever has come meanwhile; both run on the event
/// loop of one connection. A slot is free again as soon as its job is handed over, for nothing is done with it.
struct CeilingBench {
    let bench: Bench
    private static let leaseMilliseconds = 60_000
    /// As the worker's fetcher has it.
    private static let largestFetch = 1000

    func run() async throws {
        try await bench.fill()
        let store = JobStore(redis: bench.redis.sibling(name: "ceiling"), keys: KeySpace())
        let tenure = Tenure(identity: "ceiling:1:0", keys: store.keys)
        _ = try await store.hold(tenure, epoch: 1, milliseconds: Self.leaseMilliseconds)

        let before = try await Usage(bench.redis)
        let start = ContinuousClock.now
        let line = Line(on: store.redis.eventLoop)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask(executorPreference: store.redis.taskExecutor) {
                do {
                    try await fetch(from: store, tenure, into: line)
                } catch {
                    line.close()
                    throw error
                }
            }
            group.addTask(executorPreference: store.redis.taskExecutor) {
                while let done = await line.next() {
                    _ = try await store.settle(done: done, tenure: tenure)
                }
            }
        }
        let elapsed = start.duration(to: .now)
        var sum = Usage.Sum()
        sum.add(try await Usage(bench.redis), since: before, jobs: bench.jobs, seconds: elapsed)
        bench.report(sum)
        _ = try await store.leave(tenure)
        await store.redis.close()
    }

    private func fetch(from store: JobStore, _ tenure: Tenure, into line: Line) async throws {
        let count = min(bench.concurrency, Self.largestFetch)
        let sources = bench.queues.map { FetchRequest.Source(queue: QueueKey($0, keys: store.keys), quota: count) }
        var (left, sequence) = (bench.jobs, 1)
        while left > 0 {
            let request = FetchRequest(epoch: 1, firstSequence: sequence, count: count, sources: sources)
            let reply = try await store.fetch(request, leaseMilliseconds: Self.leaseMilliseconds, tenure: tenure)
            guard case .held(let deliveries, _, _) = reply, !deliveries.isEmpty else {
                throw LoadError("\(left) jobs are missing from the queue: \(reply)")
            }
            line.add(deliveries)
            sequence += count
            left -= deliveries.count
        }
        line.close()
    }
}

/// Hands what was fetched to the loop that settles it.
private final class Line: Sendable {
    private let state = Mutex((deliveries: [Delivery](), isClosed: false))
    private let bell: Bell

    init(on eventLoop: any EventLoop) { bell = Bell(on: eventLoop) }

    func add(_ deliveries: [Delivery]) {
        state.withLock { $0.deliveries.append(contentsOf: deliveries) }
        bell.ring()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        bell.ring()
    }

    /// What has come meanwhile, as much as one settlement takes; `nil` at the end.
    func next() async -> [Delivery]? {
        while true {
            let (batch, isClosed) = state.withLock { state in
                let batch = Array(state.deliveries.prefix(JobStore.largestSettlement))
                state.deliveries.removeFirst(batch.count)
                return (batch, state.isClosed)
            }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            await bell.wait()
        }
    }
}
