import ArgumentParser
import Flume
import FlumeConfiguration
import FlumeCron
import FlumeHealth
import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import Glibc
import Logging

/// A worker for black-box tests: a few classes whose effects can be read from Redis.
@main
struct InteropWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-worker", abstract: "Runs the interop test classes on a Redis shared with Ruby Sidekiq.")

    @Option(help: "The Redis to work on; for an address with a password use REDIS_URL: arguments can be seen by all.")
    var redis: String?
    @Option(help: "Put before every key, with a colon.")
    var namespace = ""
    @Option(help: "Queues, in order: a,b or with weights a:3,b:1.")
    var queues = "default"
    @Option(help: "How many jobs run at a time.")
    var concurrency = 10
    @Option(
        help: """
            In place of --queues, and repeatable: name=ses,queue=mailers,concurrency=20,limit=400/1000ms,key=ses,\
            batch=10/1000ms,max-in-cluster=5,limits=token_bucket 50 per 1s burst 10 key disk + concurrency 1 by args[0]; only \
            name and queue must be there.
            """)
    var pipeline: [String] = []
    @Option(help: "Seconds running jobs may take to end at shutdown.")
    var shutdownTimeout = 25.0
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"
    @Option(help: "A file that gets the identity once jobs are being fetched.")
    var identityFile: String?
    @Option(help: "Seconds between two heartbeats.")
    var heartbeat = 10.0
    @Option(help: "Seconds a proof of life is good for; a dead process's jobs run elsewhere within three times that.")
    var lease = 10.0
    @Option(help: "What becomes of a job whose class has no handler: retry, dead or forward:QUEUE.")
    var unknownClass = "retry"
    @Option(help: "A YAML file of periodic jobs, in sidekiq-cron's form, that this process keeps the time of.")
    var schedule: String?
    @Option(help: "The layout of the Metrics page's keys: sidekiq7 or sidekiq8.")
    var metrics = "sidekiq8"
    @Flag(help: "Without the limit of LimitedJob: only then its fetches wait in Redis.")
    var unlimited = false
    @Flag(help: "Leave TERM and INT to a service group around the worker, as in most programs.")
    var serviceGroup = false
    @Option(
        help:
            "The Rails applications whose GlobalIDs are taken: shop,billing; a job with one of another fails. Else all."
    )
    var globalidApps: String?
    @Option(help: "Where /live, /ready and /metrics are answered: a TCP port of this machine, or a path.")
    var health: String?

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel): choose one of \(Logger.Level.allCases.map(\.rawValue))")
        }
        guard concurrency > 0 else { throw ValidationError("--concurrency \(concurrency): choose 1 or more") }
        let most = InteropError.seconds.upperBound
        for (option, seconds) in [("heartbeat", heartbeat), ("lease", lease)] where !(seconds > 0 && seconds <= most) {
            throw ValidationError("--\(option) \(seconds): choose more than 0 seconds, and at most a billion")
        }
        guard InteropError.seconds.contains(shutdownTimeout) else {
            throw ValidationError("--shutdown-timeout \(shutdownTimeout): choose 0 seconds or more, at most a billion")
        }
        _ = try metricsLayout()
        _ = try pipelines()
        _ = try unknownClassPolicy()
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel) ?? .info
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardOutput(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "interop-worker")
        let client = RedisClient(try .option(redis), logger: logger)
        var configuration = WorkerConfiguration()
        configuration.namespace = namespace
        configuration.shutdownTimeout = .seconds(shutdownTimeout)
        configuration.heartbeatInterval = .seconds(heartbeat)
        configuration.leaseDuration = .seconds(lease)
        configuration.unknownClass = try unknownClassPolicy()
        configuration.metricsLayout = try metricsLayout()
        configuration.signals = serviceGroup ? .besideServiceGroup : .all
        configuration.exitsWhenStuck = true
        let identityFile = identityFile
        let stamper = Stamper(client)
        let cron: CronService?
        do {
            cron = try schedule.map {
                try CronService(scheduleFile: $0, redis: client, namespace: namespace, logger: logger)
            }
        } catch {
            FileHandle.standardError.write(Data("interop-worker: \(error)\n".utf8))
            throw ExitCode.failure
        }
        let worker = Worker(
            redis: client, handlers: .interop(redis: client, stamper: stamper, coding: coding),
            pipelines: try pipelines(),
            configuration: configuration, logger: logger
        ) { identity in
            stamper.setIdentity(identity)
            guard let identityFile else { return }
            do {
                try identity.write(toFile: identityFile, atomically: true, encoding: .utf8)
            } catch {
                // Whoever waits for the file would wait for ever.
                logger.critical(
                    "cannot write the identity", metadata: ["file": "\(identityFile)", "error": "\(error)"])
                Glibc.exit(ExitCode.failure.rawValue)
            }
        }
        do {
            try await worker.run(
                beside: cron, health: health.map(HealthAddress.init(option:)), logger: logger)
        } catch let error as RedisError {
            FileHandle.standardError.write(Data("interop-worker: \(error.message)\n".utf8))
            throw ExitCode.failure
        } catch let error as HealthServerError {
            FileHandle.standardError.write(Data("interop-worker: \(error)\n".utf8))
            throw ExitCode.failure
        } catch let error as PipelineError {
            FileHandle.standardError.write(Data("interop-worker: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private func metricsLayout() throws -> MetricsLayout {
        switch metrics {
        case "sidekiq7": return .sidekiq7
        case "sidekiq8": return .sidekiq8
        default: throw ValidationError("--metrics \(metrics): write sidekiq7 or sidekiq8")
        }
    }

    private var coding: ActiveJobCoding {
        ActiveJobCoding(apps: globalidApps.map { Set($0.split(separator: ",").map(String.init)) })
    }

    private func unknownClassPolicy() throws -> UnknownClassPolicy {
        let words = unknownClass.split(separator: ":", maxSplits: 1).map(String.init)
        switch (words.first, words.count) {
        case ("retry", 1): return .retry
        case ("dead", 1): return .dead
        case ("forward", 2): return .forward(toQueue: words[1])
        default: throw ValidationError("--unknown-class \(unknownClass): write retry, dead or forward:QUEUE")
        }
    }

    private func pipelines() throws -> [Pipeline] {
        var settings = [PipelineSettings("default", queues: try parsedQueues())]
        if !pipeline.isEmpty {
            settings = try pipeline.map { text in
                do {
                    return try PipelineSettings(text)
                } catch {
                    throw ValidationError("--pipeline '\(text)': \(error)")
                }
            }
        }
        do {
            let pipelines = try FlumeSettings(pipelines: settings, concurrency: concurrency).makePipelines()
            return unlimited ? pipelines : pipelines.map(\.withLimitedJobs)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func parsedQueues() throws -> [Pipeline.Queue] {
        let parsed = try queues.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let colon = text.lastIndex(of: ":") else { return Pipeline.Queue(String(text)) }
            guard let weight = Int(text[text.index(after: colon)...]), weight >= 0 else {
                throw ValidationError("--queues \(text): write name or name:weight, the weight a number such as 3")
            }
            return Pipeline.Queue(String(text[..<colon]), weight: weight)
        }
        guard parsed.allSatisfy({ !$0.name.isEmpty }) else {
            throw ValidationError("--queues '\(queues)': the name of a queue is empty; write a,b or a:3,b:1")
        }
        return parsed
    }
}
