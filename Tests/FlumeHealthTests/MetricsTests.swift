import Flume
import FlumeWorker
import TestSupport
import Testing

@testable import FlumeHealth

@Suite("What Prometheus reads")
struct MetricsTests {
    @Test("every line is of the text format, and every family is whole")
    func format() throws {
        var health = healthyWorker()
        var jobClass = JobCounts.JobClass()
        jobClass.endings = ["done": 2, "failed": 1]
        for seconds in [0.001, 0.005, 0.3, 4000] { jobClass.durations.record(.seconds(seconds)) }
        let nasty = "a\"b\\c\nd\r\n{},= é 😀"
        health.counts.classes = ["Plain": jobClass, nasty: jobClass]
        health.pipelines += [
            .init(name: nasty, isOpen: false, busy: 0, concurrency: 1),
            .init(name: "default", isOpen: false, busy: 2, concurrency: 10),
        ]
        health.pipelines[0].stuck = 2
        health.redis?.clockSkew = .milliseconds(-1500)
        let samples = try PrometheusReader.samples(in: health.prometheusText(.init()))
        #expect(samples["flume_jobs_processed_total", ["class": nasty, "ending": "done"]] == 2)
        #expect(samples["flume_jobs_processed_total", ["class": "Plain", "ending": "failed"]] == 1)
        let name = "flume_jobs_duration_seconds"
        #expect(samples["\(name)_bucket", ["class": "Plain", "le": "0.005"]] == 2)
        #expect(samples["\(name)_bucket", ["class": "Plain", "le": "1800"]] == 3)
        #expect(samples["\(name)_bucket", ["class": "Plain", "le": "+Inf"]] == 4)
        #expect(samples["\(name)_count", ["class": "Plain"]] == 4)
        #expect(samples["\(name)_sum", ["class": "Plain"]] == 4000.306)
        // Two pipelines of one name are one sample.
        #expect(samples["flume_jobs_busy", ["pipeline": "default"]] == 5)
        #expect(samples["flume_jobs_stuck", ["pipeline": "default"]] == 2)
        #expect(samples["flume_clock_skew_seconds", [:]] == -1.5)
        #expect(samples["flume_pipeline_concurrency", ["pipeline": "default"]] == 15)
        #expect(samples["flume_pipeline_open", ["pipeline": "default"]] == 1)
        #expect(samples["flume_pipeline_open", ["pipeline": nasty]] == 0)
        #expect(samples["flume_worker_start_time_seconds", [:]] == 1_700_000_000.25)
        #expect(samples["flume_redis_silence_seconds", [:]] == 0.02)
        #expect(samples["flume_redis_reconnects_total", [:]] == 2)
        #expect(samples["flume_lease_age_seconds", [:]] == 1)
        #expect(samples["flume_loop_still_seconds", ["loop": "lease"]] == 1)
        #expect(samples["flume_worker_live", [:]] == 1)
        #expect((samples["process_start_time_seconds", [:]] ?? 0) > 1_600_000_000)
        _ = try PrometheusReader.samples(in: WorkerHealth(stage: .starting).prometheusText(.init()))
    }

    @Test("numbers are written as Go reads them")
    func numbers() {
        let values: [(Double, String)] = [
            (0, "0"), (-1, "-1"), (0.1, "0.1"), (1e14, "100000000000000"), (1e300, "1e+300"), (1e-9, "1e-09"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ]
        for (value, text) in values { #expect(PrometheusText.number(value) == text) }
    }

    @Test("a worker's jobs are counted by how they end")
    func counts() async throws {
        try await withProbe { probe in
            let handlers = HandlerRegistry([
                Handler.raw("Done") { _, _ in },
                Handler.raw("Fail") { _, _ in throw TestSupportError("it fails") },
                Handler.raw("Kill") { _, _ in throw JobDirective.kill("enough") },
                Handler.raw("Discard") { _, _ in throw JobDirective.discard("no") },
                Handler.raw("Snooze") { _, _ in throw JobDirective.snooze(for: .seconds(3600)) },
            ])
            let worker = Worker(
                redis: probe.client, handlers: handlers, pipelines: [Pipeline("p", queue: "default", concurrency: 3)],
                configuration: quickConfiguration(), logger: silent)
            let jobs = ["Done", "Done", "Fail", "Kill", "Discard", "Snooze", "Stranger"].enumerated()
            try await probe.enqueue(jobs.map { job($0.element, "\($0.offset)") } + ["no job"], to: "default")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                defer { worker.stop() }
                try await withEndpoint(health: { worker.health }) { address in
                    func sample(_ name: String, _ labels: [String: String] = [:]) async throws -> Double? {
                        let body = try await HTTPCall.get("/metrics", at: address).body
                        return try PrometheusReader.samples(in: body)[name, labels]
                    }
                    func processed(_ jobClass: String, _ ending: String) async throws -> Double? {
                        try await sample("flume_jobs_processed_total", ["class": jobClass, "ending": ending])
                    }
                    try await eventually("all have ended") {
                        let ended = worker.health.counts
                        return ended.classes.values.reduce(0) { $0 + $1.endings.values.reduce(0, +) } == 7
                            && ended.unreadable == 1 && ended.retried == 2 && ended.died == 2
                    }
                    #expect(try await processed("Done", "done") == 2)
                    #expect(try await processed("Fail", "failed") == 1)
                    #expect(try await processed("Kill", "killed") == 1)
                    #expect(try await processed("Discard", "discarded") == 1)
                    #expect(try await processed("Snooze", "snoozed") == 1)
                    // Its name came from whoever wrote to the queue.
                    #expect(try await processed("unknown", "failed") == 1)
                    #expect(try await sample("flume_jobs_duration_seconds_count", ["class": "Done"]) == 2)
                    #expect(try await sample("flume_jobs_retried_total") == 2)
                    #expect(try await sample("flume_jobs_died_total") == 2)
                    #expect(try await sample("flume_jobs_unreadable_total") == 1)
                    #expect(try await sample("flume_pipeline_concurrency", ["pipeline": "p"]) == 3)
                    try await eventually("none runs") {
                        try await sample("flume_jobs_busy", ["pipeline": "p"]) == 0
                    }
                    #expect(try await sample("flume_lease_held") == 1)
                }
            }
            #expect(worker.health.stage == .ended)
            #expect(worker.health.counts.died == 2)
        }
    }

    @Test("limits are kept by the verdict: what was seen, since when, and what to do")
    func verdicts() {
        let limits = HealthLimits(stall: .seconds(60), silence: .seconds(300))
        #expect(healthyWorker().problems(for: .ready, limits: limits).isEmpty)
        var health = healthyWorker()
        health.loops = [.init(name: "poll", stillFor: .seconds(70), overdue: .seconds(61))]
        #expect(health.problems(for: .live, limits: limits).map(\.check) == ["loop poll"])
        health = healthyWorker()
        health.pipelines[0].stuck = 5
        health.pipelines[0].blockedFor = .seconds(59)
        #expect(health.problems(for: .live, limits: limits).isEmpty)
        health.pipelines[0].blockedFor = .seconds(61)
        #expect(health.problems(for: .live, limits: limits).map(\.check) == ["pipeline default"])
        health = healthyWorker()
        health.loops = [.init(name: "heartbeat", stillFor: .seconds(3600), overdue: .seconds(59))]
        #expect(health.problems(for: .live, limits: limits).isEmpty)
        health.redis = .init(silence: .seconds(301), trouble: "timed out", troubleAge: .seconds(299))
        health.lease?.age = .seconds(11)
        #expect(health.problems(for: .live, limits: limits).map(\.check) == ["redis"])
        #expect(health.problems(for: .ready, limits: limits).map(\.check) == ["redis", "redis", "lease"])
        health.redis?.silence = .seconds(299)
        #expect(health.problems(for: .live, limits: limits).isEmpty)
        let ready = health.problems(for: .ready, limits: limits).map { $0.description }
        #expect(ready[0] == "redis: not usable for 299.0 s: timed out; the worker goes on as soon as Redis does")
        #expect(ready[1].hasPrefix("lease: not renewed for 11.0 s, it holds for 10.0 s"))
    }
}
