import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Glibc

/// How long a job waits that is enqueued to an idle worker, by another process.
///
/// Its peer in Ruby does the same: a producer in another process, a job that is not timed, then one every 20 to 40 ms.
struct LatencyBench {
    let bench: Bench
    let producer: Producer

    func run() async throws {
        let (samples, sample) = AsyncStream.makeStream(of: Double.self)
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        let worker = bench.worker(
            .raw("StampJob") { payload, _ in
                let now = Self.now
                if let sent = try payload.arguments().first?.double { sample.yield((now - sent) * 1000) }
            },
            onReady: { _ in isReady.yield() })
        let running = Task { try await worker.run() }
        for await _ in ready { break }
        try await Task.sleep(for: .milliseconds(200))
        let idle = try await Usage(bench.redis)
        try await Task.sleep(for: .seconds(2))
        let stillIdle = try await Usage(bench.redis)

        let child = try producer == .ruby ? bench.spawnRuby(.stamps) : bench.spawn(.stamps)
        await Bench.wait(for: child)
        var waits: [Double] = []
        var results = samples.makeAsyncIterator()
        while waits.count < bench.jobs, let wait = await results.next() { waits.append(wait) }
        worker.stop()
        try await running.value
        waits.sort()
        bench.report("p50_ms", bench.percentile(waits, 0.5), digits: 3)
        bench.report("p99_ms", bench.percentile(waits, 0.99), digits: 3)
        bench.report("idle_cpu_percent", (stillIdle.workerMicroseconds - idle.workerMicroseconds) / 2e4, digits: 2)
        bench.report("peak_rss_mb", Usage.peakMegabytes)
    }

    /// The producer: enqueues jobs that say when.
    func produce() async throws {
        let client = JobClient(redis: bench.redis)
        // One that waits for each of its jobs has nothing to do elsewhere meanwhile; Ruby's has one thread as well.
        try await withTaskExecutorPreference(bench.redis.taskExecutor) {
            // Opens the connection, and warms the worker.
            try await client.push(stamped(with: []))
            for _ in 0..<bench.jobs {
                // The worker must be idle again: a queue that is never empty would measure something else.
                try await Task.sleep(for: .milliseconds(Int.random(in: 20...40)))
                try await client.push(stamped(with: [JSONValue.double(Self.now) ?? 0]))
            }
        }
    }

    private func stamped(with arguments: [JSONValue]) -> JobPayload {
        JobPayload(jobClass: "StampJob", arguments: arguments, queue: bench.queue)
    }

    /// Seconds on the clock that all processes share.
    private static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
