import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Glibc

/// How late jobs start that were scheduled for a time.
struct ScheduledBench {
    let bench: Bench
    /// Over how many seconds their times are spread: twenty a second.
    private var span: Double { Double(bench.jobs) / 20 }

    func run() async throws {
        let (samples, sample) = AsyncStream.makeStream(of: Double.self)
        let worker = bench.worker(
            .raw("NoopJob") { payload, _ in
                let due = try payload.arguments().first?.double ?? 0
                sample.yield((Self.now - due) * 1000)
            })
        let running = Task { try await worker.run() }
        let client = JobClient(redis: bench.redis)
        let start = Self.now + 1
        for _ in 0..<bench.jobs {
            let due = start + Double.random(in: 0..<span)
            guard let time = Timestamp(seconds: due), let argument = JSONValue.double(due) else { continue }
            try await client.push(bench.payload([argument]), at: time)
        }
        var lateness: [Double] = []
        for await late in samples {
            lateness.append(late)
            if lateness.count == bench.jobs { break }
        }
        worker.stop()
        try await running.value
        lateness.sort()
        bench.report("p50_ms", bench.percentile(lateness, 0.5), digits: 2)
        bench.report("p99_ms", bench.percentile(lateness, 0.99), digits: 2)
        bench.report("earliest_ms", lateness.first ?? .nan, digits: 2)
    }

    /// The time by the clock that schedules go by, in seconds.
    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
