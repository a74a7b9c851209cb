import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Glibc
import Logging

/// What all measurements share: a Redis, a queue, a number of jobs.
struct Bench: Sendable {
    let redis: RedisClient
    let queue: String
    let jobs: Int
    let concurrency: Int
    let payloadBytes: Int
    let logger: Logger
    /// How many jobs may start in how many seconds; `nil` for no limit.
    var limit: (count: Int, seconds: Int)?

    var arguments: [JSONValue] {
        payloadBytes > 0 ? [.string(String(repeating: "x", count: payloadBytes))] : []
    }

    func payload(_ arguments: [JSONValue]? = nil) -> JobPayload {
        JobPayload(jobClass: "NoopJob", arguments: arguments ?? self.arguments, queue: queue)
    }

    /// A worker on the queue with one handler.
    func worker(
        _ handler: Handler, pipeline change: (Pipeline) -> Pipeline = { $0 },
        onReady: @escaping @Sendable (String) -> Void = { _ in }
    ) -> Worker {
        var pipeline = change(Pipeline("default", queue: queue, concurrency: concurrency))
        if let limit { pipeline = pipeline.rateLimit(limit.count, per: .seconds(limit.seconds)) }
        return Worker(
            redis: redis, handlers: HandlerRegistry([handler]), pipelines: [pipeline], logger: logger,
            onReady: onReady)
    }

    /// Enqueues jobs in slices of a thousand.
    func fill() async throws {
        let client = JobClient(redis: redis)
        var left = jobs
        while left > 0 {
            let slice = min(left, 1000)
            try await client.push((0..<slice).map { _ in payload() })
            left -= slice
        }
    }

    /// One line of the result.
    func report(_ name: String, _ value: Double, digits: Int = 1) {
        let scale = pow(10, Double(digits))
        print("\(name): \((value * scale).rounded() / scale)")
    }

    /// The value below which so large a part of the samples lies.
    func percentile(_ sorted: [Double], _ part: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}

/// What this process and Redis have used up so far.
struct Usage {
    var workerMicroseconds = 0.0
    var redisMicroseconds = 0.0
    /// What clients sent, and what was executed, commands inside scripts included.
    var commandsSent = 0.0
    var commandsExecuted = 0.0

    init(_ redis: RedisClient) async throws {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        for time in [usage.ru_utime, usage.ru_stime] {
            workerMicroseconds += Double(time.tv_sec) * 1e6 + Double(time.tv_usec)
        }
        let info = try await redis.send(RedisCommand("INFO", "everything")).string ?? ""
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "used_cpu_user", "used_cpu_sys": redisMicroseconds += (Double(parts[1]) ?? 0) * 1e6
            case "total_commands_processed": commandsExecuted = Double(parts[1]) ?? 0
            default:
                // What a script executes is counted under its own name too; scripts themselves are what was sent.
                guard parts[0] == "cmdstat_evalsha" || parts[0] == "cmdstat_eval" || parts[0] == "cmdstat_blmove"
                else { continue }
                let calls = parts[1].split(separator: ",").first?.split(separator: "=").last ?? ""
                commandsSent += Double(calls) ?? 0
            }
        }
    }

    /// The most memory this process has had, in MB.
    static var peakMegabytes: Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }
}
