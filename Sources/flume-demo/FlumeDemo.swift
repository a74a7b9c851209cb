import ArgumentParser
import Flume
import FlumeRedis
import FlumeWorker
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

struct DemoError: Error, CustomStringConvertible {
    let description: String
}

/// The worker of `scripts/demo`: what a first worker looks like.
@main
struct FlumeDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flume-demo", abstract: "Runs the jobs that scripts/demo enqueues from Ruby Sidekiq.")

    @Option(help: "The Redis that Ruby enqueues on.")
    var redis = "redis://127.0.0.1:6379/0"

    func run() async throws {
        let logger = Logger(label: "flume-demo")
        let client = RedisClient(try RedisConfiguration(url: redis), logger: logger)
        let handlers = HandlerRegistry {
            Handler(for: WelcomeEmail.self) { job, context in
                context.logger.info("sent \(job.template) to user \(job.userID)")
            }
            Handler(for: ReminderJob.self) { job, context in context.logger.info("reminded: \(job.text)") }
            Handler("FlakyJob") { (context, key: String) in
                guard context.attempt > 1 else { throw DemoError(description: "\(key) does not work the first time") }
            }
            .backOff(BackOff { _, _, _ in .after(.seconds(1)) })
            Handler("DoomedJob") { (_: JobContext) in throw DemoError(description: "this never works") }
        }
        var configuration = WorkerConfiguration()
        configuration.signals = .all
        configuration.heartbeatInterval = .seconds(2)
        configuration.tag = "flume-demo"
        let worker = Worker(
            redis: client, handlers: handlers,
            pipelines: [Pipeline("default", queues: ["mailers": 2, "default": 1], concurrency: 10)],
            configuration: configuration, logger: logger)
        try await worker.run()
    }
}
