import Flume
import FlumeRedis
import FlumeWire

/// How fast jobs are enqueued: one by one, from many tasks, in bulk.
struct EnqueueBench {
    let bench: Bench
    let producers: Int
    let bulk: Int

    func run() async throws {
        let client = JobClient(redis: bench.redis)
        let share = bench.jobs / max(1, producers)
        let (bench, bulk) = (bench, bulk)
        let start = ContinuousClock.now
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<max(1, producers) {
                // One that waits for each of its jobs has nothing to do elsewhere meanwhile.
                group.addTask(executorPreference: producers <= 1 ? bench.redis.taskExecutor : nil) {
                    var left = share
                    while left > 0 {
                        let slice = min(left, max(1, bulk))
                        if slice == 1 {
                            try await client.push(bench.payload())
                        } else {
                            try await client.push((0..<slice).map { _ in bench.payload() })
                        }
                        left -= slice
                    }
                }
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        bench.report("jobs_per_s", Double(share * max(1, producers)) / seconds, digits: 0)
        _ = try await bench.redis.send(RedisCommand("UNLINK", "queue:\(bench.queue)"))
    }
}
