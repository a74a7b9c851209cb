// The Swift blocks of the chapter "Configuration", word for word.

import FlumeConfiguration
import FlumeRedis
import FlumeWorker
import Logging

func configure(_ handlers: HandlerRegistry, _ logger: Logger) throws -> Worker {
    var settings = FlumeSettings()
    settings.worker.tag = "mailer"  // in code,
    try settings.read(sidekiqFile: "config/sidekiq.yml")  // over that the Rails app's own file,
    try settings.read(file: "config/flume.yml")  // over that one of Flume's form,
    try settings.readEnvironment()  // over that REDIS_URL, FLUME_CONCURRENCY, …
    for note in settings.notes { logger.notice("\(note)") }  // what has no effect here

    let redis = RedisClient(settings.redis, logger: logger)
    let worker = Worker(
        redis: redis, handlers: handlers, pipelines: try settings.makePipelines(),
        configuration: settings.worker, logger: logger)
    return worker
}
