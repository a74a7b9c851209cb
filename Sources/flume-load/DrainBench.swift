import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization

/// How fast a full queue is emptied, once or several times by the same worker.
struct DrainBench {
    let bench: Bench
    /// In each, the jobs lie in lists of other names before the clock starts.
    ///
    /// A worker that is up gets them by a RENAME, so that its start is not measured.
    let rounds: Int
    let deadSetMaximum: Int?

    func run() async throws {
        let (ends, end) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let left = Atomic(0)
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        let jobs = bench.jobs
        let count: @Sendable (Int) -> Void = { count in
            if left.subtract(count, ordering: .relaxed).newValue == 0 { end.yield(.now) }
        }
        let handler =
            bench.extra == .batch
            ? Handler.batch(Workload.noopClass) { count($0.count) } : bench.workload.handler { count(1) }
        var configuration = WorkerConfiguration()
        if let deadSetMaximum { configuration.deadSetMaximumJobs = deadSetMaximum }
        let worker = bench.worker(handler, configuration: configuration) { _ in isReady.yield() }
        var (running, sum): (Task<Void, any Error>?, Usage.Sum) = (nil, .init())
        var turns = ends.makeAsyncIterator()
        for _ in 0..<rounds {
            try await bench.fill(suffix: Bench.held)
            if running == nil {
                running = Task { try await worker.run() }
                for await _ in ready { break }
            }
            left.store(jobs, ordering: .relaxed)
            let before = try await Usage(bench.redis)
            let start = ContinuousClock.now
            try await bench.release()
            guard let last = await turns.next() else { return }
            sum.add(try await Usage(bench.redis), since: before, jobs: jobs, seconds: start.duration(to: last))
        }
        worker.stop()
        try await running?.value
        bench.report(sum)
        bench.report("left_in_queue", Double(try await bench.queued()), digits: 0)
    }
}
