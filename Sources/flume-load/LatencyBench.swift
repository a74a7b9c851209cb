import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker

/// How long a job waits that is enqueued to an idle worker.
struct LatencyBench {
    let bench: Bench

    func run() async throws {
        let (samples, sample) = AsyncStream.makeStream(of: Double.self)
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        let epoch = ContinuousClock.now
        let worker = bench.worker(
            .raw("NoopJob") { payload, _ in
                let sent = try payload.arguments().first?.double ?? 0
                sample.yield(epoch.duration(to: .now) / .milliseconds(1) - sent)
            },
            onReady: { _ in isReady.yield() })
        let running = Task { try await worker.run() }
        for await _ in ready { break }
        try await Task.sleep(for: .milliseconds(200))
        let idle = try await Usage(bench.redis)
        try await Task.sleep(for: .seconds(2))
        let stillIdle = try await Usage(bench.redis)

        let client = JobClient(redis: bench.redis)
        var waits: [Double] = []
        var results = samples.makeAsyncIterator()
        for _ in 0..<bench.jobs {
            let sent = epoch.duration(to: .now) / .milliseconds(1)
            try await client.push(bench.payload([JSONValue.double(sent) ?? 0]))
            if let wait = await results.next() { waits.append(wait) }
            // The worker must be idle again: a queue that is never empty would measure something else.
            try await Task.sleep(for: .milliseconds(5))
        }
        worker.stop()
        try await running.value
        waits.sort()
        bench.report("p50_ms", bench.percentile(waits, 0.5), digits: 3)
        bench.report("p99_ms", bench.percentile(waits, 0.99), digits: 3)
        bench.report("idle_cpu_percent", (stillIdle.workerMicroseconds - idle.workerMicroseconds) / 2e4, digits: 2)
        bench.report("peak_rss_mb", Usage.peakMegabytes)
    }
}
