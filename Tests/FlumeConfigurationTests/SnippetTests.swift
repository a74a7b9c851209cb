import FlumeConfiguration
import FlumeRedis
import FlumeWorker
import Logging
import Testing

/// What README.md shows.
@Suite("The configuration in the README")
struct SnippetTests {
    private func worker(_ handlers: HandlerRegistry, _ logger: Logger) throws -> Worker {
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

    @Test("names the file that is not there")
    func missing() {
        #expect(throws: ConfigurationError.self) {
            _ = try worker(HandlerRegistry {}, Logger(label: "snippet"))
        }
    }

    @Test("has a file that is right")
    func file() throws {
        var settings = FlumeSettings()
        try settings.read(
            yaml: """
                namespace: shop
                shutdown_timeout: 25s
                redis:
                  url: ${REDIS_URL:-redis://localhost:6379/0}
                pipelines:
                  - name: default
                    queues: [[critical, 3], default]
                    concurrency: 50
                  - name: ses
                    queue: mailers
                    concurrency: 20
                    rate_limit_count: 400
                    rate_limit_scale: 1s
                    rate_limit_key: ses
                    batch_size: 10
                    batch_timeout: 500ms
                """, variables: [:])
        #expect(settings.pipelines.map(\.name) == ["default", "ses"])
    }
}
