import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import Logging
import Synchronization
import TestSupport

/// `class ReportJob < ApplicationJob; def perform(account, format: :pdf)`.
struct ReportJob: ActiveJob, Equatable {
    static var options: ActiveJobOptions {
        .init(queue: "reports", priority: 3, locale: "de", timezone: "Europe/Berlin", sidekiq: .init(retry: .limit(7)))
    }

    var account: GlobalID
    @Keyword var format: RubySymbol? = nil

    static let example = ReportJob(account: GlobalID(app: "shop", model: "Account", id: 42), format: "csv")
}

/// What a handler throws to fail.
struct Boom: Error, CustomStringConvertible {
    var description = "boom"
}

/// Runs a worker with these handlers on the queue `q` while the body runs, then stops it and waits until it has returned.
func withRailsWorker(
    on probe: RedisProbe, _ handlers: [Handler], middleware: [any ServerMiddleware] = [],
    adjust: (inout WorkerConfiguration) -> Void = { _ in }, _ body: () async throws -> Void
) async throws {
    var configuration = WorkerConfiguration()
    configuration.heartbeatInterval = .milliseconds(50)
    configuration.pollInterval = .milliseconds(20)
    configuration.shutdownTimeout = .seconds(10)
    configuration.hostname = "test"
    configuration.reportsMetrics = false
    adjust(&configuration)
    let worker = Worker(
        redis: RedisProbe(probe.client.configuration).client, handlers: HandlerRegistry(handlers),
        pipelines: [Pipeline("default", queue: "q", concurrency: 2)], middleware: middleware,
        configuration: configuration, logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await worker.run() }
        do {
            try await body()
            worker.stop()
            try await group.waitForAll()
        } catch {
            worker.stop()
            throw error
        }
    }
}

/// What handlers did, in order.
final class Journal: Sendable {
    private let state = Mutex<[String]>([])

    var entries: [String] { state.withLock { $0 } }

    func note(_ entry: String) { state.withLock { $0.append(entry) } }

    /// Waits until there are so many entries.
    func wait(for count: Int) async throws {
        try await eventually("\(count) entries; there are \(entries)") { self.entries.count >= count }
    }
}

extension RedisProbe {
    /// A job as Rails 7.1 and later enqueue it, in the queue `q`.
    func enqueueRails(
        _ jobClass: String, _ arguments: String = "[]", jid: String = "jid-1", inner: String = "", outer: String = ""
    ) async throws {
        let job =
            #"{"job_class":"\#(jobClass)","job_id":"id-1","provider_job_id":null,"queue_name":"q","priority":null,"#
            + #""arguments":\#(arguments),"executions":0,"exception_executions":{},"locale":"de","timezone":"UTC","#
            + #""enqueued_at":"2026-11-21T09:30:16.196970183Z","scheduled_at":null\#(inner)}"#
        let payload =
            #"{"retry":true,"queue":"q","wrapped":"\#(jobClass)","args":[\#(job)],"#
            + #""class":"Sidekiq::ActiveJob::Wrapper","jid":"\#(jid)","created_at":1795253416197\#(outer)}"#
        try await enqueue([payload], to: "q")
    }

    /// Waits until a sorted set has so many jobs, and returns them.
    func wait(for count: Int, in key: String) async throws -> [JobPayload] {
        try await eventually("\(count) members in \(key)") { try await number("ZCARD", key) >= count }
        return try await members(key).map { try JobPayload(parsing: Array($0.utf8)) }
    }

    /// Waits until nothing is queued or in flight.
    func waitUntilDrained() async throws {
        try await eventually("queue:q is empty and nothing is in flight") {
            guard try await number("LLEN", "queue:q") == 0 else { return false }
            for identity in try await set("flume:processes") {
                guard try await hash("flume:inflight:\(identity)").isEmpty else { return false }
            }
            return true
        }
    }
}
