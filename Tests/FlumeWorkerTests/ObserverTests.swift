import Flume
import FlumeWorker
import InMemoryLogging
import Logging
import MetricsTestKit
import TestSupport
import Testing

@Suite("Ready-made observers")
struct ObserverTests {
    private static let someJob = FlumeEvent.JobReference(jid: "j", jobClass: "A", queue: "q", pipeline: "p")

    /// One of each kind.
    private static let all: [FlumeEvent] = [
        .enqueued(queue: "q", count: 2, bytes: 100), .scheduled(queue: "q", count: 3, bytes: 50),
        .fetched(pipeline: "p", count: 4, bytes: 400, latency: .milliseconds(2)),
        .admitted(pipeline: "p", limit: "l", count: 5), .limited(pipeline: "p", limit: "l", wait: .milliseconds(30)),
        .batchFlushed(pipeline: "p", jobClass: "A", size: 6, reason: .timeout), .started(someJob),
        .finished(someJob, elapsed: .milliseconds(1)),
        .failed(someJob, error: "boom", elapsed: .milliseconds(1), retryIn: .seconds(15)),
        .failed(someJob, error: "boom", elapsed: .milliseconds(1), retryIn: nil), .snoozed(someJob, delay: .seconds(1)),
        .discarded(someJob, reason: "no use"), .stuck(someJob, elapsed: .seconds(6)),
        .interrupted(someJob), .died(someJob, error: "boom"),
        .recovered(identity: "i", count: 7), .leaseLost(identity: "i"),
        .backPressure(pipeline: "p", waitsFor: .limit("l")),
        .backPressureEnded(pipeline: "p", waitedFor: .handlers, after: .seconds(2)),
        .backPressure(pipeline: "p", waitsFor: .handlers), .paused(.queue("q"), isPermanent: true),
        .paused(.all, isPermanent: false), .resumed(.pipeline("p"), isPermanent: false),
        .subscribed(queue: "q", concurrency: 8), .unsubscribed(queue: "q"),
        .connectionLost(what: "fetch jobs", error: "closed"), .connectionRestored(what: "fetch jobs"),
    ]

    @Test("swift-metrics gets counts, sizes, latencies and states, under their documented names")
    func metrics() throws {
        let metrics = TestMetrics()
        let observer = MetricsObserver(factory: metrics)
        for event in Self.all { observer.observe(event) }
        func counter(_ name: String, _ dimensions: [(String, String)] = []) throws -> Int64 {
            try metrics.expectCounter(name, dimensions).totalValue
        }
        let (queue, pipeline, limit) = (("queue", "q"), ("pipeline", "p"), ("limit", "l"))
        #expect(try counter("flume_jobs_enqueued_total", [queue]) == 2)
        #expect(try counter("flume_jobs_scheduled_total", [queue]) == 3)
        #expect(try metrics.expectRecorder("flume_enqueue_bytes", [queue]).values == [100, 50])
        #expect(try counter("flume_jobs_fetched_total", [pipeline]) == 4)
        #expect(try metrics.expectRecorder("flume_fetch_size", [pipeline]).values == [4])
        #expect(try metrics.expectRecorder("flume_fetch_bytes", [pipeline]).values == [400])
        #expect(try metrics.expectTimer("flume_fetch_latency", [pipeline]).values == [2_000_000])
        #expect(try counter("flume_jobs_admitted_total", [pipeline, limit]) == 5)
        #expect(try counter("flume_limits_reached_total", [pipeline, limit]) == 1)
        #expect(try metrics.expectTimer("flume_limit_wait", [pipeline, limit]).values == [30_000_000])
        #expect(try metrics.expectRecorder("flume_batch_size", [pipeline, ("reason", "timeout")]).values == [6])
        #expect(try counter("flume_jobs_retried_total", [queue, pipeline]) == 1)
        #expect(try counter("flume_jobs_died_total", [queue, pipeline]) == 1)
        #expect(try counter("flume_jobs_stuck_total", [queue, pipeline]) == 1)
        #expect(try counter("flume_jobs_recovered_total") == 7)
        #expect(try counter("flume_leases_lost_total") == 1)
        #expect(try metrics.expectGauge("flume_back_pressure", [pipeline, ("for", "limit")]).values == [1, 0])
        #expect(try metrics.expectGauge("flume_back_pressure", [pipeline, ("for", "handlers")]).values == [1])
        #expect(try metrics.expectGauge("flume_paused", [("scope", "queue"), ("name", "q")]).values == [1])
        #expect(try metrics.expectGauge("flume_paused", [("scope", "all"), ("name", "")]).values == [1])
        #expect(try metrics.expectGauge("flume_paused", [("scope", "pipeline"), ("name", "p")]).values == [0])
        #expect(try metrics.expectGauge("flume_redis_connected", [("part", "fetch jobs")]).values == [0, 1])
    }

    @Test("the log gets what the worker does not log itself, with everything an event says as metadata")
    func log() throws {
        let handler = InMemoryLogHandler()
        var logger = Logger(label: "test") { _ in handler }
        logger.logLevel = .debug
        logger[metadataKey: "app"] = "shop"
        let observer = LogObserver(logger: logger)
        for event in Self.all { observer.observe(event) }
        #expect(
            handler.entries.map { "\($0.message)" } == [
                "jobs enqueued", "jobs scheduled", "jobs fetched", "limit let jobs pass", "limit is reached",
                "batch handed over", "pipeline waits", "pipeline goes on", "pipeline waits", "paused", "paused",
                "resumed", "queue subscribed", "queue unsubscribed",
            ])
        #expect(handler.entries.allSatisfy { $0.metadata["app"] == "shop" })
        let fetched = handler.entries[2]
        #expect(fetched.level == .debug && fetched.metadata["flume.pipeline"] == "p")
        #expect(fetched.metadata["flume.count"] == "4" && fetched.metadata["flume.bytes"] == "400")
        #expect(fetched.metadata["flume.latency_ms"] == "2.0")
        #expect(handler.entries[6].level == .warning)
        #expect(
            handler.entries[9].metadata["flume.queue"] == "q"
                && handler.entries[9].metadata["flume.permanent"] == "true")
    }

    @Test("told so, it logs every event, and a job's with jid, class, queue and pipeline")
    func logAll() throws {
        let handler = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in handler }
        let observer = LogObserver(logger: logger) { _ in .info }
        for event in Self.all { observer.observe(event) }
        #expect(handler.entries.count == Self.all.count)
        let died = try #require(handler.entries.first { $0.message == "job died" })
        #expect(died.metadata["flume.jid"] == "j" && died.metadata["flume.class"] == "A")
        #expect(died.metadata["flume.queue"] == "q" && died.metadata["flume.pipeline"] == "p")
        #expect(died.metadata["flume.error"] == "boom")
    }

    @Test("every line of a worker goes through the given logger with its metadata, a failure with class and error")
    func workerMetadata() async throws {
        try await withProbe { probe in
            let handler = InMemoryLogHandler()
            var logger = Logger(label: "test") { _ in handler }
            logger.logLevel = .debug
            logger[metadataKey: "app"] = "shop"
            try await withWorker(on: probe, [.failing()], logger: logger) { _ in
                try await probe.enqueue([job("Fail", "f"), "junk"], to: "default")
                _ = try await probe.wait(for: 1, in: "retry")
                _ = try await probe.wait(for: 1, in: "dead")
            }
            #expect(handler.entries.count >= 5)
            #expect(handler.entries.allSatisfy { $0.metadata["app"] == "shop" })
            let failed = try #require(handler.entries.first { $0.message == "job failed and is retried later" })
            #expect(failed.metadata["flume.class"] == "Fail" && failed.metadata["flume.error"] == "boom")
        }
    }
}
