import Flume
import FlumeRedis
import FlumeWire

/// Enqueues in each of the ways there are, once, and writes down what was acknowledged.
struct CrashProducer: Sendable {
    private let jobs: JobClient
    private let ledger: LedgerWriter

    init(_ jobs: JobClient, _ ledger: LedgerWriter) {
        self.jobs = jobs
        self.ledger = ledger
    }

    func run() async throws {
        try await push(["one1"]) { try await [jobs.push(payload("one1"))] }
        try await push(["one2"]) { try await [jobs.push(payload("one2", queue: "other"))] }
        try await push(["many1", "many2", "many3"]) {
            try await jobs.push(["many1", "many2", "many3"].map { payload($0) })
        }
        try await push(["late1"]) {
            let soon = Timestamp(microseconds: JobClient.systemTime().microseconds + 100_000)
            return try await [jobs.push(payload("late1"), at: soon)]
        }
        try await push(["mixed1", "mixed2", "mixed3"]) {
            try await jobs.enqueueAll([
                .payload(payload("mixed1")), .payload(payload("mixed2", queue: "other")),
                .payload(payload("mixed3"), after: .milliseconds(100)),
            ]).map(\.jid)
        }
        try await push(["unique1"]) {
            try await [jobs.pushUnique(payload("unique1"), as: Uniqueness(for: .seconds(60), token: "token")).jid]
        }
        // Another with the same token is refused, and nothing of it is written.
        _ = try? await jobs.pushUnique(payload("unique2"), as: Uniqueness(for: .seconds(60), token: "token"))
    }

    private func push(_ jids: [String], _ body: () async throws -> [String?]) async throws {
        do {
            for case let jid? in try await body() {
                try ledger.write(.acknowledged(jid: jid, at: monotonicNanoseconds()))
            }
        } catch is RedisError {
            // Nobody knows whether they are there: they stay attempted.
        }
    }

    private func payload(_ jid: String, queue: String = "default") -> JobPayload {
        JobPayload(jobClass: "LabQuick", arguments: [1.5, ["a": []]], queue: queue, jid: jid)
    }
}
