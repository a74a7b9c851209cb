import CoreMetrics
import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import InMemoryLogging
import Logging
import MetricsTestKit
import TestSupport
import Testing

@Suite("What the Web UI sees and hears")
struct WebUITests {
    @Test("the heartbeat writes what the Busy page reads, and takes the process off when it leaves")
    func heartbeat() async throws {
        try await withProbe { probe in
            var configuration = WorkerConfiguration.quick
            configuration.tag = "shop"
            configuration.labels = ["eu", "blue"]
            let pipelines = [
                Pipeline("main", queues: ["critical": 3, "default": 1], concurrency: 4),
                Pipeline("mail", queue: "mailers", concurrency: 2),
            ]
            let identity = try await withWorker(on: probe, [], pipelines: pipelines, configuration: configuration) {
                running in
                try await eventually("there is a beat") { try await probe.set("processes") == [running.identity] }
                let fields = try await probe.hash(running.identity)
                #expect(
                    Set(fields.keys)
                        == ["info", "concurrency", "busy", "beat", "rtt_us", "quiet", "rss", "flume_pauses"])
                #expect(fields["busy"] == "0" && fields["quiet"] == "false" && fields["concurrency"] == "6")
                #expect(Int(fields["rss"] ?? "").map { $0 > 1000 } == true)
                #expect(Int(fields["rtt_us"] ?? "") != nil)
                let now = try await probe.now()
                #expect(abs((Double(fields["beat"] ?? "") ?? 0) - now) < 3)
                #expect((1...60).contains(try await probe.number("TTL", running.identity)))
                let info = try JSONValue(parsing: Array((fields["info"] ?? "").utf8))
                #expect(info["hostname"] == "test" && info["tag"] == "shop" && info["labels"] == ["eu", "blue"])
                #expect(info["queues"] == ["critical", "default", "mailers"])
                #expect(info["identity"]?.string == running.identity)
                #expect(info["weights"]?.array?.first?["critical"] == 3)
                #expect(info["capsules"]?["mail"]?["concurrency"] == 2)
                #expect(running.identity.hasPrefix("test:\(ProcessInfo.processInfo.processIdentifier):"))
                return running.identity
            }
            #expect(try await probe.set("processes").isEmpty)
            #expect(try await probe.number("TTL", identity) > 0)
        }
    }

    @Test("each running job has a row with its payload as a string and whole seconds, gone when it ends")
    func work() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let payload = job("Gated", "w", args: "[1.0,\"\\u00e9\"]")
            try await withWorker(on: probe, [.gated(journal, gate)]) { running in
                try await probe.enqueue([payload], to: "default")
                try await journal.wait(for: 1)
                let key = "\(running.identity):work"
                try await eventually("there is a row") { try await probe.hash(key).count == 1 }
                let row = try #require(try await probe.hash(key).values.first)
                let record = try JSONValue(parsing: Array(row.utf8))
                #expect(record["payload"]?.string == payload)
                #expect(record["queue"] == "default")
                #expect(record["run_at"]?.int != nil)
                let now = try await probe.now()
                #expect(abs(Double(record["run_at"]?.int ?? 0) - now) < 5)
                #expect((1...60).contains(try await probe.number("TTL", key)))
                gate.open()
                try await eventually("the row is gone") { try await probe.hash(key).isEmpty }
            }
        }
    }

    @Test("rows of large jobs stand for them by class and jid, and a beat stays small")
    func largeWork() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let large = job("Gated", "large", args: "[\"\(String(repeating: "x", count: 3 << 20))\"]")
            let small = job("Gated", "small", args: "[1]")
            try await withWorker(on: probe, [.gated(journal, gate)]) { running in
                try await probe.enqueue([large, small], to: "default")
                try await journal.wait(for: 2)
                let key = "\(running.identity):work"
                try await eventually("there are two rows") { try await probe.hash(key).count == 2 }
                let rows = try await probe.hash(key).values
                #expect(rows.allSatisfy { $0.utf8.count < 1000 })
                let payloads = try rows.map { row in
                    try #require(try JSONValue(parsing: Array(row.utf8))["payload"]?.string)
                }
                #expect(payloads.contains(small))
                let outline = try JSONValue(parsing: Array(try #require(payloads.first { $0 != small }).utf8))
                #expect(outline["class"] == "Gated" && outline["jid"] == "large" && outline["queue"] == "default")
                #expect(outline["args"] == ["(\((3 << 20) + 4) bytes of arguments, not shown)"])
                gate.open()
            }
        }
    }

    @Test("the lease has a connection to itself")
    func connections() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await withWorker(on: probe, []) { running in
                try await eventually("there is a beat") { try await probe.set("processes") == [running.identity] }
                let names = try server.execute("CLIENT", "LIST").matches(of: /name=(\S*)/).map { String($0.1) }
                for name in ["jobs", "heartbeat", "lease"] {
                    #expect(names.count { $0.hasSuffix(name) } == 1, "\(name) in \(names)")
                }
                let lease = try #require(
                    try server.execute("CLIENT", "LIST").split(separator: "\n").first { $0.contains("lease ") })
                #expect(lease.contains(/cmd=eval/), "\(lease)")
            }
            await probe.client.close()
        }
    }

    @Test("TSTP from the Web UI quiets, TERM stops, TTIN and nonsense do no harm")
    func signals() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal)]) { running in
                let signals = "\(running.identity)-signals"
                for name in ["TTIN", "NONSENSE"] { try await probe.send("LPUSH", signals, name) }
                try await eventually("they are read") { try await probe.number("LLEN", signals) == 0 }
                try await probe.enqueue([job("Note", "n")], to: "default")
                try await journal.wait(for: 1)
                try await probe.send("LPUSH", signals, "TSTP")
                try await eventually("it is quiet") { try await probe.hash(running.identity)["quiet"] == "true" }
                try await probe.enqueue([job("Note", "left")], to: "default")
                try await probe.send("LPUSH", signals, "TERM")
                try await eventually("it has gone") { try await probe.set("flume:processes").isEmpty }
            }
            #expect(journal.entries == ["n"])
            #expect(try await probe.queue("default").count == 1)
        }
    }

    @Test("counts reach the totals, the day's keys and the metrics of either layout", arguments: MetricsLayout.allCases)
    func statistics(layout: MetricsLayout) async throws {
        try await withProbe { probe in
            let journal = Journal()
            var configuration = WorkerConfiguration.quick
            configuration.metricsLayout = layout
            let snooze = Handler.failing("Snooze", JobDirective.snooze(for: .seconds(100)))
            try await withWorker(on: probe, [.noting(journal), .failing(), snooze], configuration: configuration) { _ in
                try await probe.enqueue(
                    (0..<7).map { job("Note", "\($0)") } + [job("Fail", "a"), job("Fail", "b"), job("Nobody", "c")],
                    to: "default")
                try await journal.wait(for: 7)
                _ = try await probe.wait(for: 3, in: "retry")
            }
            #expect(try await probe.string("stat:processed") == "10")
            #expect(try await probe.string("stat:failed") == "3")
            let keys = try await probe.send("KEYS", "*").array?.compactMap(\.string) ?? []
            let daily = try #require(keys.first { $0.hasPrefix("stat:processed:") })
            #expect(daily.wholeMatch(of: /stat:processed:\d{4}-\d\d-\d\d/) != nil)
            let minute = keys.filter { $0.hasPrefix("j|") }
            #expect(!minute.isEmpty)
            let form = layout == .sidekiq7 ? /j\|20\d{6}\|\d{1,2}:\d{1,2}/ : /j\|\d{6}\|\d{1,2}:\d{1,2}/
            #expect(minute.allSatisfy { $0.wholeMatch(of: form) != nil }, "\(minute)")
            var processed = 0
            for key in minute where layout == .sidekiq7 || key.wholeMatch(of: /.*:\d\d/) != nil {
                processed += Int(try await probe.hash(key)["Note|p"] ?? "") ?? 0
            }
            #expect(processed == 7)
            #expect(keys.contains { $0.hasPrefix(layout == .sidekiq7 ? "Note-" : "h|Note-") })
        }
    }
}

@Suite("Logs and metrics")
struct LogTests {
    @Test("what is logged of a job has its jid, class, queue and run time")
    func metadata() async throws {
        try await withProbe { probe in
            let handler = InMemoryLogHandler()
            var logger = Logger(label: "test") { _ in handler }
            logger.logLevel = .debug
            let inside = Handler.raw("Inside") { _, context in context.logger.info("from inside") }
            try await withWorker(on: probe, [inside, .failing()], logger: logger) { _ in
                try await probe.enqueue([job("Inside", "i"), job("Fail", "f")], to: "default")
                _ = try await probe.wait(for: 1, in: "retry")
                try await eventually("both are logged") {
                    handler.entries.contains { $0.message == "job done" }
                        && handler.entries.contains { $0.message == "job failed and is retried later" }
                }
            }
            for message: Logger.Message in ["job started", "from inside", "job done"] {
                let entry = try #require(
                    handler.entries.first { $0.message == message && $0.metadata["flume.jid"] == "i" })
                #expect(entry.metadata["flume.class"] == "Inside")
                #expect(entry.metadata["flume.queue"] == "default")
            }
            let done = try #require(handler.entries.first { $0.message == "job done" })
            #expect(done.metadata["flume.elapsed_ms"].flatMap { Double("\($0)") } != nil)
            let failed = try #require(handler.entries.first { $0.message == "job failed and is retried later" })
            #expect(failed.level == .warning)
            #expect(failed.metadata["flume.jid"] == "f" && failed.metadata["flume.error"] == "boom")
            #expect(failed.metadata["flume.elapsed_ms"] != nil && failed.metadata["flume.retry_count"] == "0")
        }
    }

    @Test("a payload's log_level counts while it runs, and its tags are in each line")
    func levelAndTags() async throws {
        try await withProbe { probe in
            let lines = InMemoryLogHandler()
            var logger = Logger(label: "test") { _ in lines }
            logger.logLevel = .warning
            let talking = Handler.raw("Talking") { _, context in
                context.logger.debug("a detail")
                context.logger.warning("a warning")
            }
            try await withWorker(on: probe, [talking], concurrency: 1, logger: logger) { _ in
                try await probe.enqueue(
                    [
                        job("Talking", "chatty", #""log_level":"debug","tags":["red","blue"]"#),
                        job("Talking", "mute", #""log_level":"fatal""#),
                        job("Talking", "odd", #""log_level":"loud","tags":"red""#), job("Talking", "plain"),
                    ], to: "default")
                try await probe.waitUntilDrained()
            }
            func said(_ jid: Logger.MetadataValue) -> [String] {
                lines.entries.filter { $0.metadata["flume.jid"] == jid }.map { "\($0.message)" }
            }
            #expect(said("chatty") == ["job started", "a detail", "a warning", "job done"])
            #expect(said("mute") == [])
            #expect(said("odd") == ["a warning"])
            #expect(said("plain") == ["a warning"])
            let tagged = lines.entries.filter { $0.metadata["flume.tags"] != nil }
            #expect(tagged.count == 4)
            for line in tagged {
                guard case .array(let tags) = line.metadata["flume.tags"] else { continue }
                #expect(tags == ["red", "blue"])
            }
        }
    }

    private static let metrics: TestMetrics = {
        let metrics = TestMetrics()
        MetricsSystem.bootstrap(metrics)
        return metrics
    }()

    @Test("swift-metrics gets a counter for each ending, a timer for each class, and what was no job")
    func metrics() async throws {
        let metrics = Self.metrics
        try await withProbe { probe in
            var configuration = WorkerConfiguration.quick
            configuration.reportsMetrics = true
            let journal = Journal()
            try await withWorker(
                on: probe, [.noting(journal, as: "Counted"), .failing("CountedFail")], configuration: configuration
            ) { _ in
                try await probe.enqueue(
                    (0..<3).map { job("Counted", "\($0)") } + [job("CountedFail", "f"), "junk"], to: "default")
                try await journal.wait(for: 3)
                _ = try await probe.wait(for: 1, in: "retry")
                _ = try await probe.wait(for: 1, in: "dead")
                try await probe.waitUntilDrained()
            }
        }
        let dimensions = [("class", "Counted"), ("queue", "default")]
        let done = try metrics.expectCounter("flume_jobs_processed_total", dimensions + [("ending", "done")])
        #expect(done.values.reduce(0, +) == 3)
        let failed = try metrics.expectCounter(
            "flume_jobs_processed_total", [("class", "CountedFail"), ("queue", "default"), ("ending", "failed")])
        #expect(failed.values.reduce(0, +) == 1)
        #expect(try metrics.expectTimer("flume_jobs_duration", dimensions).values.count == 3)
        #expect(try metrics.expectCounter("flume_jobs_unreadable_total").values.reduce(0, +) == 1)
    }
}
