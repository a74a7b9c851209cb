// The Swift blocks of README.md about events and tracing, word for word.

import Flume
import FlumeRedis
import FlumeTracing
import FlumeWorker
import FlumeWorkerTracing
import Logging

func observing(_ redis: RedisClient, _ handlers: HandlerRegistry, _ pipelines: [Pipeline], _ logger: Logger) -> Worker {
    let configuration = WorkerConfiguration()
    configuration.events.attach(MetricsObserver())
    configuration.events.attach(LogObserver(logger: logger))
    let observation = configuration.events.observe { event in
        if case .died(let job, let error) = event { logger.critical("\(job.jobClass) \(job.jid) died: \(error)") }
    }
    // observation.lostEvents: how many events came faster than this closure read them
    let worker = Worker(
        redis: redis, handlers: handlers, pipelines: pipelines,
        middleware: [TracingServerMiddleware()], configuration: configuration, logger: logger)
    let jobs = JobClient(redis: redis, middleware: [TracingClientMiddleware()], events: configuration.events)
    _ = (observation, jobs)
    return worker
}
