import FlumeRedis
import FlumeWorker
import Synchronization

/// How fast a full queue is emptied.
struct DrainBench {
    let bench: Bench
    let fills: Bool
    let batchSize: Int

    func run() async throws {
        if fills { try await bench.fill() }
        let left = Atomic(bench.jobs)
        let (ends, end) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let single = Handler.raw("NoopJob") { _, _ in
            if left.subtract(1, ordering: .relaxed).newValue == 0 { end.yield(.now) }
        }
        let batched = Handler.batch("NoopJob") { batch in
            if left.subtract(batch.count, ordering: .relaxed).newValue == 0 { end.yield(.now) }
        }
        let worker = bench.worker(batchSize > 0 ? batched : single) { pipeline in
            batchSize > 0 ? pipeline.batching(size: batchSize, timeout: .milliseconds(100)) : pipeline
        }
        let before = try await Usage(bench.redis)
        let start = ContinuousClock.now
        let running = Task { try await worker.run() }
        var seconds = 0.0
        for await last in ends {
            seconds = start.duration(to: last) / .seconds(1)
            break
        }
        let after = try await Usage(bench.redis)
        worker.stop()
        try await running.value
        let jobs = Double(bench.jobs)
        bench.report("jobs_per_s", jobs / seconds, digits: 0)
        bench.report("worker_cpu_us_per_job", (after.workerMicroseconds - before.workerMicroseconds) / jobs, digits: 2)
        bench.report("redis_cpu_us_per_job", (after.redisMicroseconds - before.redisMicroseconds) / jobs, digits: 2)
        bench.report("commands_sent_per_job", (after.commandsSent - before.commandsSent) / jobs, digits: 4)
        bench.report("commands_executed_per_job", (after.commandsExecuted - before.commandsExecuted) / jobs, digits: 4)
        bench.report("peak_rss_mb", Usage.peakMegabytes)
        let queued = try await bench.redis.send(RedisCommand("LLEN", "queue:\(bench.queue)")).integer ?? -1
        bench.report("left_in_queue", Double(queued), digits: 0)
    }
}
