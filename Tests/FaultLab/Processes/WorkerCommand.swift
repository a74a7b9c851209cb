import ArgumentParser
import Flume
import FlumeCron
import FlumeHealth
import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import Logging
import Synchronization

/// `fault-lab worker`: a worker process of the lab, which a scenario starts, hurts and kills.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "A worker process; scenarios start it.", shouldDisplay: false)

    @Option(help: "The Redis to work on.")
    var redis: String
    @Option(help: "The file that gets begin and end of each run.")
    var ledger: String
    @Option(help: "The name of this process in the ledger.")
    var nonce: String
    @Option(help: "Gets the identity once jobs are being fetched.")
    var identityFile: String
    @Option(help: "The Unix socket of its health endpoint.")
    var healthSocket: String
    @Option(help: "Seconds without an answer of Redis after which it is not live any more.")
    var silence: Double?
    @Option(help: "Queues, in order: a,b.")
    var queues = "default"
    @Option(help: "How many jobs run at a time.")
    var concurrency = 10
    @Option(help: "Seconds a lease lasts.")
    var lease = 2.0
    @Option(help: "Seconds between two heartbeats.")
    var heartbeat = 0.5
    @Option(help: "Seconds running jobs may take to end at shutdown.")
    var shutdownTimeout = 5.0
    @Option(help: "Seconds a job may run.")
    var timeout: Double?
    @Option(help: "Process deaths that make a job go to the dead set.")
    var poisonLimit = 3
    @Option(help: "How many LabLimited jobs may run in all processes together; 0: no limit.")
    var limited = 0
    @Option(
        help: "Jobs of the queue `rated` that may start in a second in all processes together; 0: it is not worked on.")
    var rate = 0
    @Flag(help: "Enqueue a LabTick in each second.")
    var cron = false
    @Option(help: "Jobs in a batch of LabBatch, in the queue `batched`; 0: it is not worked on.")
    var batch = 0
    @Option(help: "What becomes of a job whose class has no handler: retry or a queue to forward it to.")
    var unknownClass = "retry"
    @Option(help: "Megabytes a payload may have; 0: what a worker takes by itself.")
    var largestPayload = 0
    @Option(help: "How many jobs the dead set keeps.")
    var deadMaximum = 10_000

    func run() async throws {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardOutput(label: label)
            handler.logLevel = .notice
            return handler
        }
        let logger = Logger(label: "lab")
        let recorder = RunRecorder(ledger: try LedgerWriter(path: ledger), nonce: nonce)
        var configuration = WorkerConfiguration()
        configuration.leaseDuration = .seconds(lease)
        configuration.heartbeatInterval = .seconds(heartbeat)
        configuration.shutdownTimeout = .seconds(shutdownTimeout)
        configuration.poisonLimit = poisonLimit
        configuration.deadSetMaximumJobs = deadMaximum
        configuration.signals = .all
        configuration.exitsWhenStuck = true
        if unknownClass != "retry" { configuration.unknownClass = .forward(toQueue: unknownClass) }
        if largestPayload > 0 { configuration.payloadLimits = PayloadLimits(maximumBytes: largestPayload << 20) }
        let observation = configuration.events.observe { event in
            if case .leaseLost = event { recorder.fence.add(1, ordering: .relaxed) }
        }
        defer { observation.cancel() }
        let identityFile = identityFile
        let client = RedisClient(try RedisConfiguration(url: redis), logger: logger)
        let worker = Worker(
            redis: client,
            handlers: .lab(recorder, timeout: timeout.map { .seconds($0) }), pipelines: pipelines,
            configuration: configuration, logger: logger
        ) { identity in
            try? identity.write(toFile: identityFile, atomically: true, encoding: .utf8)
        }
        var limits = HealthLimits()
        if let silence { limits.silence = .seconds(silence) }
        let health = HealthServer(worker, at: .unix(path: healthSocket), limits: limits, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await health.run() }
            if cron {
                let jobs = JobClient(
                    redis: client, middleware: [AttemptRecorder(ledger: try LedgerWriter(path: ledger))])
                let service = CronService(try CrashStation.schedule(queue: "default"), jobs: jobs, logger: logger)
                group.addTask { await service.run() }
            }
            try await worker.run()
            group.cancelAll()
        }
    }

    private var pipelines: [Pipeline] {
        let queues = queues.split(separator: ",").map { Pipeline.Queue(String($0)) }
        let lab = Pipeline("lab", queues: queues, concurrency: concurrency)
        var pipelines = [lab]
        if limited > 0 {
            pipelines = [lab.maxInCluster(limited, key: "LabLimited") { $0.handlerName == "LabLimited" ? "all" : nil }]
        }
        if rate > 0 {
            pipelines.append(
                Pipeline("rated", queue: "rated", concurrency: 5).rateLimit(rate, per: .seconds(1), key: "rated"))
        }
        if batch > 0 {
            pipelines.append(
                Pipeline("batched", queue: "batched", concurrency: 2)
                    .batching(size: batch, timeout: .milliseconds(100)))
        }
        return pipelines
    }
}
