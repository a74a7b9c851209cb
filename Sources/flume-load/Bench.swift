import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Glibc
import Logging

/// What all measurements share: a Redis, queues, a kind of job and a number of them.
struct Bench: Sendable {
    let redis: RedisClient
    /// What `--redis` said; nil for what the environment says.
    let url: String?
    let queues: [String]
    let jobs: Int
    let concurrency: Int
    let workload: Workload
    let payloadBytes: Int
    let logger: Logger
    let extra: Extra?

    var queue: String { queues[0] }

    var arguments: [JSONValue] {
        payloadBytes > 0 ? [.string(String(repeating: "x", count: payloadBytes))] : []
    }

    func payload(_ arguments: [JSONValue]? = nil) -> JobPayload {
        JobPayload(jobClass: Workload.noopClass, arguments: arguments ?? self.arguments, queue: queue)
    }

    /// A worker on the queues with one handler.
    func worker(
        _ handler: Handler, configuration: WorkerConfiguration = .init(),
        onReady: @escaping @Sendable (String) -> Void = { _ in }
    ) -> Worker {
        var configuration = configuration
        let pipeline = Pipeline("default", queues: queues.map { Pipeline.Queue($0) }, concurrency: concurrency)
        let middleware = extra?.set(&configuration) ?? []
        return Worker(
            redis: redis, handlers: HandlerRegistry([handler]), pipelines: [extra?.change(pipeline) ?? pipeline],
            middleware: middleware, configuration: configuration, logger: logger, onReady: onReady)
    }

    /// Enqueues the jobs in slices of a thousand, in turns over the queues; a time puts them into `schedule`.
    ///
    /// The suffix is added to the queues' names; ``release()`` takes it away.
    func fill(suffix: String = "", at time: Timestamp? = nil) async throws {
        let client = JobClient(redis: redis)
        var sent = 0
        while sent < jobs {
            let slice = min(jobs - sent, 1000)
            let slices = Dictionary(grouping: sent..<sent + slice) { queues[$0 % queues.count] }
            for (queue, numbers) in slices {
                try await workload.push(
                    numbers, to: queue + suffix, arguments, at: time, unique: extra == .unique, by: client)
            }
            sent += slice
        }
    }

    static let held = "-held"

    /// Gives jobs that were enqueued under names of their own to whoever waits for them, in one step a queue.
    func release() async throws {
        for queue in queues {
            let reply = try await redis.send(RedisCommand("RENAME", "queue:\(queue)\(Self.held)", "queue:\(queue)"))
            if let error = reply.error { throw error }
        }
    }

    /// How many jobs are in the queues.
    func queued() async throws -> Int {
        var sum = 0
        for queue in queues {
            sum += try await redis.send(RedisCommand("LLEN", "queue:\(queue)")).integer ?? 0
        }
        return sum
    }

    /// One line of the result.
    func report(_ name: String, _ value: Double, digits: Int = 1) {
        let scale = pow(10, Double(digits))
        print("\(name): \((value * scale).rounded() / scale)")
    }

    /// The lines that every drain has.
    func report(_ sum: Usage.Sum) {
        report("jobs_per_s", sum.jobs / sum.seconds, digits: 0)
        report("worker_cpu_us_per_job", sum.workerMicroseconds / sum.jobs, digits: 2)
        report("redis_cpu_us_per_job", sum.redisMicroseconds / sum.jobs, digits: 2)
        report("cpu_us_per_job", (sum.workerMicroseconds + sum.redisMicroseconds) / sum.jobs, digits: 2)
        report("commands_sent_per_job", sum.commandsSent / sum.jobs, digits: 4)
        report("commands_executed_per_job", sum.commandsExecuted / sum.jobs, digits: 4)
        report("peak_rss_mb", Usage.peakMegabytes)
    }

    /// The value below which so large a part of the samples lies.
    func percentile(_ sorted: [Double], _ part: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}
