import ArgumentParser
import FlumeRedis
import FlumeWorker
import Glibc
import Logging

/// What to measure.
enum Mode: String, ExpressibleByArgument, CaseIterable {
    case drain, ceiling, processes, enqueue, latency, scheduled, due, recovery, soak
    /// Memory with all jobs running at the same time.
    case inFlight = "in-flight"
    /// Puts jobs into a sorted set and measures nothing.
    case fill
    /// Runs jobs until it is ended.
    case work
    /// Enqueues for `latency`.
    case stamps
    /// Is a Redis that answers later.
    case proxy
}

/// Who enqueues.
enum Producer: String, ExpressibleByArgument, CaseIterable {
    case swift, ruby
}

/// Measures a worker or a producer on jobs that do nothing, in Sidekiq's format.
@main
struct FlumeLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flume-load",
        abstract: "Fills a queue with jobs that do nothing and measures what happens to them.",
        discussion: "It uses the database it is given as if it were alone there. Prints one `name: value` per line.")

    @Option(help: "The Redis to use (default: REDIS_URL, or redis://127.0.0.1:6379/0).")
    var redis: String?
    @Option(help: "What to measure: \(Mode.allCases.map(\.rawValue).joined(separator: ", ")).")
    var mode = Mode.drain
    @Option(help: "How many jobs.")
    var jobs = 100_000
    @Option(help: "How many jobs run at a time.")
    var concurrency = 100
    @Option(help: "The queue, or the beginning of the names of several.")
    var queue = "default"
    @Option(help: "How many queues.")
    var queues = 1
    @Option(help: "What the jobs are: \(Workload.allCases.map(\.rawValue).joined(separator: ", ")).")
    var workload = Workload.noop
    @Option(help: "Bytes of text in each job's arguments; 0 for no arguments.")
    var payload = 0
    @Option(help: "What the worker does besides: \(Extra.allCases.map(\.rawValue).joined(separator: ", ")).")
    var extra: Extra?
    @Option(help: "drain: fill and empty the queue so many times.")
    var rounds = 1
    @Option(help: "enqueue: how many tasks do so at the same time.")
    var producers = 1
    @Option(help: "enqueue: jobs in one call; 1: one by one.")
    var bulk = 1
    @Option(
        help: "latency: who enqueues, always another process: swift, or ruby (Sidekiq's client, in the repository).")
    var producer = Producer.swift
    @Option(help: "drain: so many jobs may be in the dead set.")
    var deadMaximum: Int?
    @Option(help: "processes: how many workers.")
    var processes = 2
    @Option(help: "fill: into which set.")
    var into = FillBench.Place.schedule
    @Option(help: "proxy: how much later it answers, in ms.")
    var delay = 1.0
    @Option(help: "soak: for so many seconds.")
    var seconds = 600
    @Option(help: "soak: so many jobs a second.")
    var rate = 2000
    @Option(help: "soak: seconds between two lines of the table.")
    var interval = 10

    func validate() throws {
        guard !queue.isEmpty else { throw ValidationError("--queue: the name of the queue is empty") }
        let counts = [
            ("jobs", jobs), ("concurrency", concurrency), ("queues", queues), ("rounds", rounds),
            ("producers", producers), ("bulk", bulk), ("processes", processes), ("seconds", seconds), ("rate", rate),
            ("interval", interval),
        ]
        for (option, count) in counts where count < 1 {
            throw ValidationError("--\(option) \(count): choose 1 or more")
        }
        guard payload >= 0 else { throw ValidationError("--payload \(payload): choose 0 bytes or more") }
        guard delay >= 0 else { throw ValidationError("--delay \(delay): choose 0 ms or more") }
    }

    func run() async throws {
        var logger = Logger(label: "flume-load")
        logger.logLevel = workload == .failing || workload == .dying ? .critical : .warning
        let configuration = try RedisConfiguration.option(redis)
        if mode == .proxy { return try await DelayProxy(redis: configuration, delay: .seconds(delay / 1000)).run() }
        let client = RedisClient(configuration, logger: logger)
        try await client.checkServer()
        let bench = Bench(
            redis: client, url: redis, queues: queues > 1 ? (1...queues).map { "\(queue)-\($0)" } : [queue],
            jobs: jobs, concurrency: concurrency, workload: workload, payloadBytes: payload, logger: logger,
            extra: extra)
        switch mode {
        case .drain: try await DrainBench(bench: bench, rounds: rounds, deadSetMaximum: deadMaximum).run()
        case .ceiling: try await CeilingBench(bench: bench).run()
        case .latency: try await LatencyBench(bench: bench, producer: producer).run()
        case .enqueue: try await EnqueueBench(bench: bench, producers: producers, bulk: bulk).run()
        case .scheduled: try await ScheduledBench(bench: bench).run()
        case .due: try await DueBench(bench: bench).run()
        case .recovery: try await RecoveryBench(bench: bench).run()
        case .inFlight: try await InFlightBench(bench: bench).run()
        case .processes: try await ProcessesBench(bench: bench, processes: processes).run()
        case .soak: try await SoakBench(bench: bench, seconds: seconds, rate: rate, interval: interval).run()
        case .fill: try await FillBench(bench: bench, place: into).run()
        case .work: try await work(bench)
        case .stamps: try await LatencyBench(bench: bench, producer: .swift).produce()
        case .proxy: break
        }
        await client.close()
    }

    /// Runs jobs until TERM, or until whoever started it is gone.
    private func work(_ bench: Bench) async throws {
        var configuration = WorkerConfiguration()
        configuration.signals = .all
        let worker = bench.worker(workload.handler {}, configuration: configuration)
        let parent = getppid()
        let watch = Task {
            while getppid() == parent { try await Task.sleep(for: .seconds(1)) }
            worker.stop()
        }
        try await worker.run()
        watch.cancel()
    }
}
