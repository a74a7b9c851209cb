import Flume
import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

private struct SyncUser: Job {
    static var options: JobOptions { .init(queue: "sync", unique: .init(for: .seconds(3600), until: .start)) }
    var userID: Int
}

private struct Report: Job {
    var month: String
}

/// What the README shows of unique jobs and of Exq.
@Suite("Snippets of unique jobs")
struct UniqueSnippetTests {
    @Test("a conflict carries the jid of the job in the way")
    func conflict() async throws {
        try await withProbe { probe in
            let (redis, jobs) = (probe.client, JobClient(redis: probe.client))
            var lines: [String] = []
            for _ in 0..<2 {
                switch try await jobs.enqueueUnique(SyncUser(userID: 42)) {
                case .enqueued(let jid): lines.append("enqueued \(jid)")
                case .conflict(let jid): lines.append("already there: \(jid)")
                case .stopped: lines.append("a middleware stopped it")
                }
            }
            let nightly = Uniqueness(for: .seconds(12 * 3600), until: .expiry, token: "report 2026-11")
            try await jobs.enqueueUnique(Report(month: "2026-11"), as: nightly, after: .seconds(60))

            let inspector = Inspector(redis: redis)
            if let lock = try await inspector.uniqueLock("report 2026-11") {
                try await inspector.releaseUniqueLock("report 2026-11", heldBy: lock.jid)
            }
            let jid = try #require(lines.first?.dropFirst("enqueued ".count))
            #expect(lines == ["enqueued \(jid)", "already there: \(jid)"])
            #expect(try await inspector.uniqueLock("report 2026-11") == nil)
        }
    }

    @Test("the holder of a lock and its time are told, and it is released from the holder alone")
    func lock() async throws {
        try await withProbe { probe in
            let inspector = Inspector(redis: probe.client)
            try await probe.send("SET", "unique:t", "j", "PX", "60000")
            try await probe.send("SET", "unique:for ever", "j")
            let lock = try #require(try await inspector.uniqueLock("t"))
            #expect(lock.jid == "j" && lock.left > .seconds(50) && lock.left <= .seconds(60))
            #expect(try await inspector.uniqueLock("for ever")?.left == .seconds(Int64.max))
            #expect(try await !inspector.releaseUniqueLock("t", heldBy: "another"))
            #expect(try await inspector.releaseUniqueLock("t", heldBy: "j"))
            #expect(try await inspector.uniqueLock("t") == nil)
        }
    }

    @Test("settings for a namespace that is shared with Exq, and what is done when its last node is gone")
    func exq() async throws {
        try await withProbe { probe in
            let redis = probe.client
            let jobs = JobClient(redis: redis, namespace: "exq").sharingWithExq()
            var configuration = WorkerConfiguration()
            configuration.namespace = "exq"
            configuration.sharesWithExq = true
            try await jobs.push(JobPayload(jobClass: "My.Worker", arguments: [1]))

            let inspector = Inspector(redis: redis, namespace: "exq")
            for backup in try await inspector.exqBackups() where !backup.isAlive {
                try await inspector.restoreExqBackups(of: backup.node)
            }
            #expect(try await probe.list("exq:queue:default").count == 1)
        }
    }
}
