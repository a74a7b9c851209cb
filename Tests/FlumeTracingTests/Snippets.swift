import Flume
import FlumeRedis
import FlumeTracing
import FlumeWire
import FlumeWorker
import FlumeWorkerTracing
import Logging

// The README's snippets on events, tracing, back-off and mixed bulks, compiled as they are.

private struct WelcomeEmail: Job {
    var userID: Int
    var template: String
}

private func enqueueAll(redis: RedisClient) async throws {
    let jobs = JobClient(redis: redis)
    let results = try await jobs.enqueueAll([
        .job(WelcomeEmail(userID: 42, template: "hello")),
        .job(WelcomeEmail(userID: 42, template: "late"), after: .seconds(300)),
        .payload(JobPayload(jobClass: "LegacyRubyJob", arguments: [1], queue: "ruby")),
    ])
    for case .enqueued(let jid) in results { print(jid) }
}

private func backOff() -> [Pipeline] {
    [
        Pipeline("ses", queue: "mailers", concurrency: 20)
            .backOff(.exponential(initial: .milliseconds(500), maximum: .seconds(10), jitter: .full))
            .maximumRetries(5),
        Pipeline("sync", queue: "sync", concurrency: 5).backOff(.fixed(.seconds(30))),
    ]
}

private func observe(redis: RedisClient, handlers: HandlerRegistry, pipelines: [Pipeline], logger: Logger) -> Worker {
    let configuration = WorkerConfiguration()
    configuration.events.attach(MetricsObserver())
    configuration.events.attach(LogObserver(logger: logger))
    let observation = configuration.events.observe { event in
        if case .died(let job, let error) = event { logger.critical("\(job.jobClass) \(job.jid) died: \(error)") }
    }
    // observation.lostEvents: how many events came faster than this closure read them
    _ = observation
    return Worker(
        redis: redis, handlers: handlers, pipelines: pipelines,
        middleware: [TracingServerMiddleware()], configuration: configuration, logger: logger)
}

private func traced(redis: RedisClient) -> JobClient {
    JobClient(redis: redis, middleware: [TracingClientMiddleware()])
}
