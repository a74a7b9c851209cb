import Flume
import FlumeConfiguration
import FlumeCron
import FlumeRedis
import FlumeWire
import FlumeWorker
import Logging
import ServiceLifecycle
import TestSupport
import Testing
import UnixSignals

private struct Report: Job {
    static var options: JobOptions { .init(queue: "reports") }
    var kind: String
    var hour: Double?
}

/// The code of the README's chapter on periodic jobs.
@Suite("Periodic jobs as the README shows them")
struct CronSnippetTests {
    @Test("the snippets compile, are valid, and do what they say")
    func snippets() async throws {
        try await withProbe { probe in
            let redis = probe.client
            let logger = silent
            let worker = Worker(
                redis: redis, handlers: HandlerRegistry([]),
                pipelines: [Pipeline("default", queue: "q", concurrency: 1)],
                logger: logger)

            let schedule = try CronSchedule([
                CronEntry("nightly report", "0 3 * * * Europe/Berlin", job: Report(kind: "daily")),
                CronEntry("hourly report", "@hourly", job: Report(kind: "hourly"), tickArgument: .seconds),
                CronEntry("clean up", "*/10 * * * *", payload: JobPayload(jobClass: "CleanUpJob"), missed: .skip),
            ])
            let cron = CronService(schedule, jobs: JobClient(redis: redis), logger: logger)
            let group = ServiceGroup(services: [worker, cron], gracefulShutdownSignals: [.sigterm], logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await eventually("in force") { try await probe.number("HLEN", "flume:cron:default") == 3 }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }

            let control = CronControl(jobs: JobClient(redis: redis))
            for status in try await control.entries() {
                _ = (status.entry.name, status.isEnabled, status.lastTick, status.nextTick)
            }
            try await control.disable("nightly report")
            try await control.enable("nightly report")
            let jid = try await control.runNow("hourly report")
            #expect(try await probe.payloads("reports").map(\.jid) == [jid])
            #expect(try await control.entries().map(\.isEnabled) == [true, true, true])

            let file = try CronSchedule(
                yaml: """
                    nightly report:
                      cron: "0 3 * * * Europe/Berlin"
                      class: Report
                      queue: reports
                      args: [daily]
                      date_as_argument: true       # the tick's time, float seconds, behind the arguments
                      missed: once                 # or skip, all, or how many at most
                    """)
            #expect(file.entries.map(\.name) == ["nightly report"])
        }
    }
}
