import ArgumentParser
import FlumeRedis
import Logging

/// What to measure.
enum Mode: String, ExpressibleByArgument, CaseIterable {
    case drain, latency, enqueue, scheduled
}

/// Measures a worker or a producer on jobs that do nothing, in Sidekiq's format.
@main
struct FlumeLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flume-load",
        abstract: "Fills a queue with jobs that do nothing and measures what happens to them.",
        discussion: "It uses the database it is given as if it were alone there. Prints one `name: value` per line.")

    @Option(help: "The Redis to use.")
    var redis = "redis://127.0.0.1:6379/0"
    @Option(help: "drain, latency, enqueue or scheduled.")
    var mode = Mode.drain
    @Option(help: "How many jobs.")
    var jobs = 100_000
    @Option(help: "How many jobs run at a time.")
    var concurrency = 100
    @Option(help: "The queue.")
    var queue = "default"
    @Option(help: "How many tasks enqueue at the same time.")
    var producers = 1
    @Option(help: "Jobs in one call of the producer; 1: one by one.")
    var bulk = 1
    @Option(help: "Bytes of text in each job's arguments; 0 for no arguments.")
    var payload = 0
    @Option(help: "Drain in batches of so many jobs; 0: one by one.")
    var batch = 0
    @Flag(help: "Do not fill the queue first: drain what is there.")
    var noFill = false

    @Option(help: "drain: a limit on starts, such as 1000000/60s.")
    var limit: String?

    private func parsedLimit() throws -> (count: Int, seconds: Int)? {
        guard let limit else { return nil }
        let numbers = limit.split(separator: "/").map { Int($0.hasSuffix("s") ? $0.dropLast() : $0) }
        guard numbers.count == 2, let count = numbers[0], let seconds = numbers[1] else {
            throw ValidationError("--limit \(limit): write a count and seconds, such as 1000000/60s")
        }
        return (count, seconds)
    }

    func run() async throws {
        var logger = Logger(label: "flume-load")
        logger.logLevel = .warning
        let client = RedisClient(try RedisConfiguration(url: redis), logger: logger)
        try await client.checkServer()
        let bench = Bench(
            redis: client, queue: queue, jobs: jobs, concurrency: concurrency, payloadBytes: payload, logger: logger,
            limit: try parsedLimit())
        switch mode {
        case .drain: try await DrainBench(bench: bench, fills: !noFill, batchSize: batch).run()
        case .latency: try await LatencyBench(bench: bench).run()
        case .enqueue: try await EnqueueBench(bench: bench, producers: producers, bulk: bulk).run()
        case .scheduled: try await ScheduledBench(bench: bench).run()
        }
        await client.close()
    }
}
