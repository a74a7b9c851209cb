import ArgumentParser
import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import Logging

/// Ruby: `WelcomeEmail.perform_async(42, "hello")`.
struct WelcomeEmail: Job {
    var userID: Int
    var template: String
}

/// Ruby: `ReminderJob.perform_in(2, "call back")`.
struct ReminderJob: Job {
    var text: String
}

/// Ruby: `Newsletter.perform_async(42)`.
struct Newsletter: Job {
    var userID: Int
}

/// Ruby: `AuditEntry.perform_async("entry 7")`.
struct AuditEntry: Job {
    var text: String
}

/// Ruby: `ReceiptJob.perform_later(customer, Date.today, currency: :eur)`.
struct ReceiptJob: ActiveJob {
    var customer: GlobalID
    var soldOn: RubyDate
    @Keyword var currency: RubySymbol
}

struct DemoError: Error, CustomStringConvertible {
    let description: String
}

/// The worker of `scripts/demo` and of the guide in `interop`: what a first worker looks like.
@main
struct FlumeDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flume-demo", abstract: "Runs the jobs that scripts/demo enqueues from Ruby Sidekiq.")

    @Option(help: "The Redis that Ruby enqueues on (default: REDIS_URL, or redis://127.0.0.1:6379/0).")
    var redis: String?
    @Option(help: "The only queue to read, in place of those of the demo.")
    var queue: String?

    func validate() throws {
        guard queue != "" else { throw ValidationError("--queue: the name of the queue is empty") }
    }

    func run() async throws {
        let logger = Logger(label: "flume-demo")
        let client = RedisClient(try .option(redis), logger: logger)
        let handlers = HandlerRegistry {
            Handler(for: WelcomeEmail.self) { job, context in
                context.logger.info("sent \(job.template) to user \(job.userID)")
                _ = try await client.send(RedisCommand("HINCRBY", "demo:sent:swift", "\(job.userID)", "1"))
            }
            Handler(for: ReceiptJob.self) { job, _ in
                _ = try await client.send(RedisCommand("HINCRBY", "receipts:sent:swift", job.customer.id, "1"))
            }
            Handler(for: ReminderJob.self) { job, context in context.logger.info("reminded: \(job.text)") }
            Handler("FlakyJob") { (context, key: String) in
                guard context.attempt > 1 else { throw DemoError(description: "\(key) does not work the first time") }
            }
            .backOff(BackOff { _, _, _ in .after(.seconds(1)) })
            Handler("DoomedJob") { (_: JobContext) in throw DemoError(description: "this never works") }
            Handler(for: Newsletter.self) { _, _ in }
            Handler.batch(for: AuditEntry.self) { batch in
                _ = try await client.send(RedisCommand("INCR", "demo:batches"))
                logger.info("wrote \(batch.count) audit entries in one go")
            }
        }
        let demoPipelines = [
            Pipeline("default", queues: ["mailers": 2, "default": 1], concurrency: 10),
            Pipeline("newsletters", queue: "newsletters", concurrency: 20).rateLimit(100, per: .seconds(1)),
            Pipeline("audit", queue: "audit", concurrency: 2).batching(size: 10, timeout: .milliseconds(500)),
        ]
        let pipelines = queue.map { [Pipeline($0, queue: $0, concurrency: 10)] } ?? demoPipelines
        var configuration = WorkerConfiguration()
        configuration.signals = .all
        configuration.heartbeatInterval = .seconds(2)
        configuration.tag = "flume-demo"
        let worker = Worker(
            redis: client, handlers: handlers, pipelines: pipelines, configuration: configuration, logger: logger)
        try await worker.run()
    }
}
