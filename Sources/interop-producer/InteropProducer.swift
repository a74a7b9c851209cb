import ArgumentParser
import Flume
import FlumeRedis
import FlumeWire
import Foundation
import Logging

/// Enqueues jobs from the command line and prints their jids.
@main
struct InteropProducer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-producer", abstract: "Enqueues jobs of any class and prints their jids.")

    @Option(help: "The Redis to enqueue on.")
    var redis = "redis://127.0.0.1:6379/0"
    @Option(help: "Put before every key, with a colon.")
    var namespace = ""
    @Option(help: "The queue.")
    var queue = "default"
    @Option(name: .customLong("class"), help: "The job class.")
    var jobClass: String
    @Option(help: "The arguments, a JSON array.")
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

    func run() async throws {
        let client = RedisClient(try RedisConfiguration(url: redis), logger: Logger(label: "interop-producer"))
        do {
            try await client.checkServer()
            for jid in try await enqueue(JobClient(redis: client, namespace: namespace)) { print(jid ?? "stopped") }
        } catch let error as RedisError {
            FileHandle.standardError.write(Data("interop-producer: \(error.message)\n".utf8))
            throw ExitCode.failure
        }
        await client.close()
    }

    private func enqueue(_ jobs: JobClient) async throws -> [String?] {
        guard case .array(let arguments) = try JSONValue(parsing: Array(args.utf8)) else {
            throw ValidationError("--args \(args): write a JSON array such as '[1,\"a\"]'")
        }
        let payloads = (0..<count).map { _ in
            JobPayload(jobClass: jobClass, arguments: arguments, queue: queue, retry: retrySetting)
        }
        let time = try scheduledTime()
        guard !bulk else { return try await jobs.push(payloads, at: time) }
        var jids: [String?] = []
        for payload in payloads { jids.append(try await jobs.push(payload, at: time)) }
        return jids
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
