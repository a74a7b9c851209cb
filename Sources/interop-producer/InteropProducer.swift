import ArgumentParser
import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import Foundation
import Logging

/// Enqueues jobs from the command line and prints their jids.
@main
struct InteropProducer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-producer", abstract: "Enqueues jobs of any class and prints their jids.")

    @Option(
        help: "The Redis to enqueue on; for an address with a password use REDIS_URL: arguments can be seen by all.")
    var redis: String?
    @Option(help: "Put before every key, with a colon.")
    var namespace = ""
    @Option(help: "The queue.")
    var queue = "default"
    @Option(name: .customLong("class"), help: "The job class.")
    var jobClass: String?
    @OptionGroup var rails: RailsOptions
    @Option(help: "The arguments, a JSON array; for --active-job in ActiveJob's tagged form.")
    var args = "[]"
    @Option(help: "How often a failed job is run again: true, false or a number.")
    var retry = "true"
    @Option(name: .customLong("in"), help: "Run it in so many seconds.")
    var delay: Double?
    @Option(help: "Run it at this time, in seconds since 1970.")
    var at: Double?
    @Option(help: "How many.")
    var count = 1
    @Flag(help: "All in one call.")
    var bulk = false
    @Option(help: "Enqueue it only if no other of its token is there, for so many seconds at most.")
    var uniqueFor: Double?
    @Option(help: "What lets others in sooner: start, success or expiry.")
    var uniqueUntil = UniqueUntil.success.rawValue
    @Option(help: "What has to be the same in two jobs for that; else queue, class and arguments.")
    var uniqueToken: String?

    func validate() throws {
        guard !queue.isEmpty else { throw ValidationError("--queue: the name of the queue is empty") }
        guard count >= 0 else { throw ValidationError("--count \(count): write a number that is not below 0") }
        guard (jobClass == nil) != (rails.activeJob == nil) else {
            throw ValidationError("name one class, with --class or with --active-job")
        }
    }

    func run() async throws {
        let client = RedisClient(try .option(redis), logger: Logger(label: "interop-producer"))
        do {
            try await client.checkServer()
            let jobs = JobClient(
                redis: client, namespace: namespace, middleware: [CurrentAttributesClientMiddleware()])
            let results = try await CurrentAttributes.$current.withValue(try rails.currentAttributes()) {
                try await enqueue(jobs)
            }
            for result in results { print(result.line) }
        } catch let error as RedisError {
            FileHandle.standardError.write(Data("interop-producer: \(error.message)\n".utf8))
            throw ExitCode.failure
        }
        await client.close()
    }

    private func enqueue(_ jobs: JobClient) async throws -> [BulkResult] {
        guard case .array(let arguments) = try JSONValue(parsing: Array(args.utf8)) else {
            throw ValidationError("--args \(args): write a JSON array such as '[1,\"a\"]'")
        }
        let time = try scheduledTime()
        var options = JobOptions(queue: queue, retry: retrySetting)
        options.unique = try uniqueness()
        let items =
            try rails.items(arguments, sidekiq: options, at: time, count: count)
            ?? plainItems(arguments, options, at: time)
        guard !bulk else { return try await jobs.enqueueAll(items) }
        var results: [BulkResult] = []
        for item in items { results += try await jobs.enqueueAll([item]) }
        return results
    }

    private func plainItems(_ arguments: [JSONValue], _ options: JobOptions, at time: Timestamp?) -> [BulkItem] {
        var payload = JobPayload(
            jobClass: jobClass ?? "", arguments: arguments, queue: options.queue, retry: options.retry)
        if let uniqueness = options.unique { payload.makeUnique(uniqueness) }
        return Array(repeating: time.map { .payload(payload, at: $0) } ?? .payload(payload), count: count)
    }

    private func uniqueness() throws -> Uniqueness? {
        guard let uniqueFor else { return nil }
        guard let until = UniqueUntil(rawValue: uniqueUntil) else {
            throw ValidationError("--unique-until \(uniqueUntil): write start, success or expiry")
        }
        return Uniqueness(for: .seconds(uniqueFor), until: until, token: uniqueToken)
    }

    private var retrySetting: RetrySetting {
        if let limit = Int(retry) { return .limit(limit) }
        return retry == "false" ? .none : .default
    }

    private func scheduledTime() throws -> Timestamp? {
        let seconds = at ?? delay.map { Date().timeIntervalSince1970 + $0 }
        guard let seconds else { return nil }
        guard let time = Timestamp(seconds: seconds) else {
            throw ValidationError("a job can be scheduled up to the year 9999")
        }
        return time
    }
}

extension BulkResult {
    /// What is printed of it.
    fileprivate var line: String {
        switch self {
        case .enqueued(let jid): jid
        case .conflict(let jid): "conflict \(jid)"
        case .stopped: "stopped"
        }
    }
}
