import Flume
import FlumeConfiguration
import FlumeCron
import FlumeRedis
import FlumeWorker
import Logging
import ServiceLifecycle
import UnixSignals

extension CronService {
    /// The periodic jobs of a file, read before anything is started.
    convenience init(scheduleFile path: String, redis: RedisClient, namespace: String, logger: Logger) throws {
        let schedule = try CronSchedule(file: path)
        logger.notice("schedule read", metadata: ["flume.count": "\(schedule.entries.count)"])
        self.init(schedule, jobs: JobClient(redis: redis, namespace: namespace), logger: logger)
    }
}

extension Worker {
    /// Runs with periodic jobs beside it, whose time is kept until it has stopped.
    func run(beside cron: CronService?, logger: Logger) async throws {
        guard let cron else { return try await runAlone(logger) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cron.run() }
            defer { cron.stop() }
            try await runAlone(logger)
        }
    }

    /// Runs, in a group that listens to TERM and INT where the worker does not.
    private func runAlone(_ logger: Logger) async throws {
        guard configuration.signals == .besideServiceGroup else { return try await run() }
        try await ServiceGroup(
            configuration: .init(
                services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
    }
}
