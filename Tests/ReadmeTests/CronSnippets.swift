// The Swift blocks of the chapter "Periodic jobs", word for word.

import Flume
import FlumeConfiguration
import FlumeCron
import FlumeRedis
import FlumeWire
import FlumeWorker
import Logging
import ServiceLifecycle
import UnixSignals

private struct Report: Job {
    static var options: JobOptions { .init(queue: "reports") }
    var kind: String
    var hour: Double?
}

func periodic(_ redis: RedisClient, _ worker: Worker, _ logger: Logger) async throws {
    let schedule = try CronSchedule([
        CronEntry("nightly report", "0 3 * * * Europe/Berlin", job: Report(kind: "daily")),
        CronEntry("hourly report", "@hourly", job: Report(kind: "hourly"), tickArgument: .seconds),
        CronEntry("clean up", "*/10 * * * *", payload: JobPayload(jobClass: "CleanUpJob"), missed: .skip),
    ])
    let cron = CronService(schedule, jobs: JobClient(redis: redis), logger: logger)
    let group = ServiceGroup(
        services: [redis, worker, cron], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
}

func periodicFile() throws -> CronSchedule {
    try CronSchedule(file: "config/schedule.yml")
}

func periodicControl(_ redis: RedisClient) async throws {
    let control = CronControl(jobs: JobClient(redis: redis))
    for status in try await control.entries() { print(status.entry.name, status.isEnabled, status.nextTick as Any) }
    try await control.disable("nightly report")
    try await control.enable("nightly report")
    let jid = try await control.runNow("hourly report")
    _ = jid
}
