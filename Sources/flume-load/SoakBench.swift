import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Glibc
import Synchronization

/// Whether a worker and a producer at a steady rate use up more the longer they run.
struct SoakBench {
    let bench: Bench
    let seconds: Int
    /// Jobs a second.
    let rate: Int
    /// Seconds between two looks.
    let interval: Int

    /// What one look sees.
    private struct Sample {
        var seconds = 0.0
        var jobs = 0.0
        var resident = 0.0
        var descriptors = 0.0
        var redisMegabytes = 0.0
        var keys = 0.0
        var queued = 0.0
    }

    func run() async throws {
        let done = Atomic(0)
        let worker = bench.worker(bench.workload.handler { done.add(1, ordering: .relaxed) })
        let running = Task { try await worker.run() }
        let producing = Task { try await produce() }
        var samples: [Sample] = []
        print(
            "| seconds | jobs done | RSS MB | open files | Redis MB | Redis keys | queued |\n|--:|--:|--:|--:|--:|--:|--:|"
        )
        let start = ContinuousClock.now
        while start.duration(to: .now) < .seconds(seconds) {
            try await Task.sleep(until: start + .seconds(interval * (samples.count + 1)))
            let sample = try await look(start.duration(to: .now) / .seconds(1), done.load(ordering: .relaxed))
            samples.append(sample)
            print(
                "| \(whole(sample.seconds)) | \(whole(sample.jobs)) | \(tenths(sample.resident)) |",
                "\(whole(sample.descriptors)) | \(tenths(sample.redisMegabytes)) | \(whole(sample.keys)) |",
                "\(whole(sample.queued)) |")
            fflush(nil)
        }
        producing.cancel()
        _ = await producing.result
        worker.stop()
        try await running.value
        try judge(samples)
    }

    /// Pushes a tenth of the rate ten times a second.
    private func produce() async throws {
        let client = JobClient(redis: bench.redis)
        let start = ContinuousClock.now
        var sent = 0
        while !Task.isCancelled {
            let due = Int(start.duration(to: .now) / .milliseconds(100)) * rate / 10
            if due > sent {
                try await client.push((sent..<due).map { _ in bench.payload() })
                sent = due
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func look(_ seconds: Double, _ jobs: Int) async throws -> Sample {
        let info = try await bench.redis.send(RedisCommand("INFO", "memory")).string ?? ""
        let used = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
        return Sample(
            seconds: seconds, jobs: Double(jobs), resident: Usage.residentMegabytes,
            descriptors: Double(Usage.openFiles),
            redisMegabytes: (used.flatMap { Double($0.dropFirst("used_memory:".count)) } ?? .nan) / 1_048_576,
            keys: Double(try await bench.redis.send(RedisCommand("DBSIZE")).integer ?? 0),
            queued: Double(try await bench.queued()))
    }

    /// The second half must be as flat as noise is: what grows with each job grows without end.
    private func judge(_ samples: [Sample]) throws {
        let half = samples.suffix((samples.count + 1) / 2)
        guard half.count >= 3, let first = half.first, let last = half.last else {
            throw LoadError("\(samples.count) looks are too few to say whether memory is flat: run it longer")
        }
        let jobs = max(1, last.jobs - first.jobs)
        let span = last.seconds - first.seconds
        func verdict(_ name: String, _ value: (Sample) -> Double, slack: Double) -> Bool {
            let grown = slope(half, value) * span
            let isFlat = grown <= max(slack, value(first) * 0.02)
            print(
                "\(name): \(isFlat ? "flat" : "GROWS"), \(tenths(grown)) MB in the second half,",
                "\(tenths(grown * 1_048_576 / jobs)) bytes a job")
            return isFlat
        }
        print("")
        let isFlat = [
            verdict("memory of the process", \.resident, slack: 1),
            verdict("memory of Redis", \.redisMegabytes, slack: 1),
        ]
        let descriptors = last.descriptors - first.descriptors
        print("open files: \(descriptors <= 0 ? "flat" : "GROWS, \(whole(descriptors)) more")")
        bench.report("jobs_done", last.jobs, digits: 0)
        bench.report("bytes_per_job", slope(half, \.resident) * span * 1_048_576 / jobs, digits: 2)
        bench.report("flat", isFlat.allSatisfy { $0 } && descriptors <= 0 ? 1 : 0, digits: 0)
    }

    /// By least squares, per second.
    private func slope(_ samples: ArraySlice<Sample>, _ value: (Sample) -> Double) -> Double {
        let count = Double(samples.count)
        let middle = samples.reduce(0) { $0 + $1.seconds } / count
        let mean = samples.reduce(0) { $0 + value($1) } / count
        let spread = samples.reduce(0) { $0 + ($1.seconds - middle) * ($1.seconds - middle) }
        return samples.reduce(0) { $0 + ($1.seconds - middle) * (value($1) - mean) } / spread
    }

    private func whole(_ value: Double) -> String { String(Int(value.rounded())) }

    private func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }
}
