import ArgumentParser
import Flume
import FlumeCron
import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import Logging
import TestSupport

/// `fault-lab victim`: takes the steps of one station, as far as its environment lets it.
struct CrashVictimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "victim", abstract: "A process that dies at a fault point; F18 starts it.", shouldDisplay: false)

    @Option(help: "The name of the station.")
    var station: String
    @Option(help: "The Redis to work on.")
    var redis: String
    @Option(help: "The file that gets begin and end of each run, and each enqueue.")
    var ledger: String

    /// How long periodic jobs are kept the time of: a tick falls into it, and perhaps two.
    static let cronSpan = Duration.milliseconds(1300)

    func run() async throws {
        guard let station = CrashStation.all.first(where: { $0.name == station }) else {
            throw ValidationError("--station \(station): there is no such station")
        }
        LoggingSystem.bootstrap { StreamLogHandler.standardOutput(label: $0) }
        let logger = Logger(label: "victim")
        let client = RedisClient(try RedisConfiguration(url: redis), logger: logger)
        let ledger = try LedgerWriter(path: ledger)
        switch station.victim {
        case .worker, .stoppedWorker:
            let worker = Worker.ofStation(
                station, on: client, RunRecorder(ledger: ledger, nonce: "victim"), isVictim: true, logger)
            try await worker.run()
        case .producer:
            try await CrashProducer(JobClient(redis: client, middleware: [AttemptRecorder(ledger: ledger)]), ledger)
                .run()
        case .cron:
            let jobs = JobClient(redis: client, middleware: [AttemptRecorder(ledger: ledger)])
            try await CronService.keepTime(of: CrashStation.schedule(), jobs, logger)
        }
        await client.close()
    }
}

extension Worker {
    /// A worker of a station: the one to be killed, or the one that comes after it.
    static func ofStation(
        _ station: CrashStation, on client: RedisClient, _ recorder: RunRecorder, isVictim: Bool, _ logger: Logger,
        onReady: @escaping @Sendable (String) -> Void = { _ in }
    ) -> Worker {
        var configuration = WorkerConfiguration()
        configuration.leaseDuration = .seconds(isVictim ? station.lease : 0.2)
        configuration.pollInterval = .milliseconds(40)
        configuration.shutdownTimeout = isVictim ? .milliseconds(50) : .seconds(20)
        configuration.hostname = isVictim ? "victim" : "rescuer"
        configuration.reportsMetrics = false
        configuration.signals = isVictim ? .all : .none
        configuration.exitsWhenStuck = isVictim
        // A producer knows several queues, and so does whoever comes after it.
        return Worker(
            redis: client, handlers: .crashStations(recorder, isVictim: isVictim), pipelines: [station.pipeline],
            configuration: configuration, logger: logger, onReady: onReady)
    }
}

extension CronService {
    /// Runs for a moment.
    static func keepTime(of schedule: CronSchedule, _ jobs: JobClient, _ logger: Logger) async throws {
        let cron = CronService(schedule, jobs: jobs, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cron.run() }
            try await Task.sleep(for: CrashVictimCommand.cronSpan)
            cron.stop()
        }
    }
}
