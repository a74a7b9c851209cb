import Flume
import FlumeInspector
import FlumeRedis
import FlumeStore
import FlumeWire
import Foundation
import TestSupport
import Testing

@testable import FlumeWorker

/// The rights that README.md tells an administrator to give.
@Suite("Rights in Redis")
struct AccessRightsTests {
    /// The words of README.md's `ACL SETUSER` that name commands.
    private func listed() throws -> Set<String> {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
        let readme = try String(contentsOf: file.standardizedFileURL, encoding: .utf8)
        let block = try #require(readme.components(separatedBy: "ACL SETUSER flume").dropFirst().first)
        let command = try #require(block.components(separatedBy: "```").first)
        return Set(
            command.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) })
    }

    /// The commands that a server has run for anybody, in scripts too.
    private func used(_ probe: RedisProbe) async throws -> Set<String> {
        let text = try await probe.send("INFO", "commandstats").string ?? ""
        return Set(
            text.split(whereSeparator: \.isNewline).compactMap { line in
                line.hasPrefix("cmdstat_") ? line.dropFirst(8).prefix { $0 != ":" }.description : nil
            })
    }

    @Test("every script of a worker, a producer or a cron clock keeps to the commands that README.md lists")
    func scripts() throws {
        let listed = try listed()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/FlumeStore")
            .standardizedFileURL
        var count = 0
        for station in ["Push", "Fetch", "Settle", "Schedule", "Lease", "Control", "Limit", "Cron"] {
            let station = folder.appending(path: station)
            for file in try FileManager.default.contentsOfDirectory(at: station, includingPropertiesForKeys: nil)
            where file.pathExtension == "lua" {
                let script = try String(contentsOf: file, encoding: .utf8)
                for match in script.matches(of: /redis\.p?call\('([A-Z]+)'/) {
                    count += 1
                    #expect(listed.contains(match.1.lowercased()), "\(file.lastPathComponent) calls \(match.1)")
                }
            }
        }
        #expect(count > 100)
    }

    @Test(
        "a worker and the jobs it enqueues do all they do with the commands that README.md lists, and need each of them"
    )
    func worker() async throws {
        let listed = try listed()
        try await withRedisServer { server in
            let admin = try RedisProbe(url: server.url(database: 1))
            var user = RedisCommand("ACL", "SETUSER", "flume", "on", ">secret", "~{app}:*", "-@all")
            for command in listed.sorted() { user.append("+" + command) }
            _ = try await admin.client.send(user)

            // What a process had in flight that is dead.
            let dead = "{app}:flume:inflight:dead"
            try await admin.send("SADD", "{app}:flume:processes", "dead")
            try await admin.send("HSET", dead, "1:default", job("Done", "orphan"))
            try await admin.send("CONFIG", "RESETSTAT")

            var redis = try RedisConfiguration(url: server.url(database: 1))
            (redis.username, redis.password) = ("flume", "secret")
            let restricted = RedisProbe(redis)
            let jobs = JobClient(redis: restricted.client, namespace: "{app}")
            let journal = Journal()
            let handlers: [Handler] = [
                .raw("Done") { _, context in journal.note(context.jid) },
                .raw("Fails") { _, context in
                    journal.note(context.jid)
                    throw Boom("once")
                }.backOff(BackOff { _, _, _ in .after(.seconds(600)) }),
                .raw("Dies") { _, context in
                    journal.note(context.jid)
                    throw JobDirective.kill("so it is")
                },
                .raw("Snoozes") { _, context in
                    journal.note(context.jid)
                    throw JobDirective.snooze(for: .seconds(600))
                },
                .raw("Stays") { _, context in
                    journal.note(context.jid)
                    try await Task.sleep(for: .seconds(600))
                },
            ]
            let tenant: Pipeline.KeyOfJob = { try $0.arguments().first?.string }
            var configuration = WorkerConfiguration.quick(lease: .milliseconds(300))
            configuration.namespace = "{app}"
            configuration.shutdownTimeout = .milliseconds(100)
            let pipelines = [
                Pipeline("default", queue: "default", concurrency: 5),
                Pipeline("limited", queue: "limited", concurrency: 5)
                    .rateLimit(2, per: .milliseconds(200), key: "window").maxInCluster(3)
                    .limited(by: .tokenBucket(rate: 100, per: .seconds(1), burst: 2, key: "bucket")),
                Pipeline("keyed", queue: "keyed", concurrency: 5).maxInCluster(1, key: "tenant", by: tenant),
            ]
            try await withWorker(on: restricted, handlers, pipelines: pipelines, configuration: configuration) {
                running in
                try await jobs.push(JobPayload(jobClass: "Done", arguments: []))
                try await jobs.push((0..<3).map { _ in JobPayload(jobClass: "Done", arguments: [], queue: "limited") })
                try await jobs.push((0..<3).map { _ in JobPayload(jobClass: "Done", arguments: ["a"], queue: "keyed") })
                for name in ["Fails", "Dies", "Snoozes", "Stays"] { try await jobs.push(JobPayload(jobClass: name)) }
                try await jobs.enqueueAll([
                    .payload(JobPayload(jobClass: "Done", queue: "default")),
                    .payload(JobPayload(jobClass: "Done", queue: "keyed")),
                ])
                var unique = JobPayload(jobClass: "Done", arguments: [7])
                unique.makeUnique(Uniqueness(for: .seconds(60)))
                try await jobs.push(unique)
                let soon = Timestamp(seconds: Date().timeIntervalSince1970 + 0.2)
                try await jobs.push(JobPayload(jobClass: "Done"), at: soon)
                try await journal.wait(for: 15)
                let inspector = Inspector(redis: admin.client, namespace: "{app}")
                try await inspector.subscribe(to: "more", concurrency: 1, in: running.identity)
                // What follows on a fetch whose reply was lost.
                let store = JobStore(redis: restricted.client, keys: KeySpace(namespace: "{app}"))
                _ = try await store.adopt(
                    [FetchRequest(epoch: 1, firstSequence: 1, count: 1, sources: [])], epoch: 2, leaseMilliseconds: 300,
                    tenure: Tenure(identity: "other", keys: store.keys))
                // A server that was started anew knows no scripts.
                try await admin.send("SCRIPT", "FLUSH")
                try await eventually("the orphan is recovered") {
                    try await jobs.push(JobPayload(jobClass: "Done"))
                    return journal.entries.contains("orphan")
                }
                try await admin.send("RPUSH", "{app}:\(running.identity)-signals", "TTIN")
                try await running.worker.pause(.pipeline("keyed"), permanently: true)
                try await running.worker.resume(.pipeline("keyed"), permanently: true)
                try await eventually("the signal is read") {
                    try await admin.number("LLEN", "{app}:\(running.identity)-signals") == 0
                }
            }
            let refused = try await admin.send("ACL", "LOG")
            #expect(refused.array?.isEmpty == true, "\(refused)")
            // What anybody may do, and what only this test does.
            let used = try await used(admin).subtracting([
                "auth", "hello", "info", "acl|log", "acl|setuser", "llen", "config|resetstat", "script|flush", "lpos",
            ])
            #expect(used.subtracting(listed) == [], "used and not listed")
            #expect(listed.subtracting(used).subtracting(["llen", "info"]) == [], "listed and not used")
            await restricted.client.close()
            await admin.client.close()
        }
    }
}
