import FlumeWorker
import Synchronization

/// How much memory jobs take that all run at the same time.
struct InFlightBench {
    let bench: Bench

    func run() async throws {
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        let (full, isFull) = AsyncStream.makeStream(of: Void.self)
        let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
        let jobs = bench.jobs
        let handler = Handler.raw(Workload.noopClass) { _, _ in
            await withCheckedContinuation { continuation in
                let count = waiting.withLock { waiting in
                    waiting.append(continuation)
                    return waiting.count
                }
                if count == jobs { isFull.yield() }
            }
        }
        let worker = bench.worker(handler) { _ in isReady.yield() }
        let running = Task { try await worker.run() }
        for await _ in ready { break }
        try await Task.sleep(for: .milliseconds(200))
        let idle = Usage.residentMegabytes
        try await bench.fill()
        for await _ in full { break }
        let held = Usage.residentMegabytes
        for continuation in waiting.withLock({ $0 }) { continuation.resume() }
        worker.stop()
        try await running.value
        bench.report("rss_mb", held)
        bench.report("idle_rss_mb", idle)
        bench.report("kb_per_job", (held - idle) * 1024 / Double(jobs), digits: 2)
    }
}
