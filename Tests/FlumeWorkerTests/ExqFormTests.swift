import Flume
import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

/// Counters, times, signals and bytes as Exq has them; the rows are in ExqSharingTests.
@Suite("Forms of Exq")
struct ExqFormTests {
    @Test("counters that Exq began are counted on, and told as they are: successes and failures apart, days for ever")
    func counters() async throws {
        try await withProbe { probe in
            let captured = try ExqCapture.values("stats-failure.key.")
            #expect(captured.count == 6)
            for (key, count) in captured { try await probe.send("SET", key, count) }
            let inspector = Inspector(redis: probe.client, namespace: "exq")
            let before = try await inspector.statistics()
            #expect(before.processed == 3 && before.failed == 3)
            let day = Timestamp(microseconds: 1_795_258_234_000_000)
            let history = try await inspector.history(days: 2, endingOn: day)
            #expect(history.map(\.day) == ["2026-11-21", "2026-11-20"])
            #expect(history.map(\.processed) == [3, 0] && history.map(\.failed) == [3, 0])

            // Exq's day of today: it has no time to live.
            let today = try #require(try await inspector.history(days: 1).first).day
            try await probe.send("SET", "exq:stat:processed:\(today)", "3")
            var configuration = WorkerConfiguration.quick
            configuration.namespace = "exq"
            let journal = Journal()
            try await withWorker(
                on: probe, [.noting(journal), .failing("Fail", Boom())], configuration: configuration
            ) { _ in
                try await probe.send("LPUSH", "exq:queue:default", job("Note", "n"), job("Fail", "f"))
                try await eventually("both are counted") {
                    try await inspector.statistics().processed == 5
                }
            }
            // As in Sidekiq a failure is processed too.
            #expect(try await inspector.statistics().failed == 4)
            let now = try await inspector.history(days: 2).first { $0.day == today }
            #expect(now?.processed == 5 && now?.failed == 1)
            let untouched = captured.filter { $0.key.contains(":2026-11-21") && !$0.key.contains(":\(today)") }
            for (key, count) in untouched { #expect(try await probe.string(key) == count, "\(key)") }
        }
    }

    @Test(
        "what the inspector retries has seconds for Exq, and the job's own milliseconds otherwise",
        arguments: [true, false])
    func retriedByHand(sharesWithExq: Bool) async throws {
        try await withProbe { probe in
            try await probe.send(
                "ZADD", "retry", "1",
                job(
                    "Note", "ms",
                    #""retry":true,"retry_count":0,"created_at":1795258170379,"enqueued_at":1795258170379"#))
            let inspector = Inspector(redis: probe.client, sharesWithExq: sharesWithExq)
            #expect(try await inspector.retrySet.retryNow(inspector.retrySet.page()).moved == 1)
            let stored = try #require(try await probe.queue("default").first)
            let payload = try JobPayload(parsing: Array(stored.utf8))
            #expect(payload.enqueuedAt?.unit == (sharesWithExq ? .floatSeconds : .milliseconds), "\(stored)")
        }
    }

    @Test("what waits for a time has the field that Exq's own has, and keeps the one that Exq wrote")
    func enqueuedAt() async throws {
        try await withProbe { probe in
            let captured = try ExqCapture.job("scheduled.exq_schedule.at-whole-second-2100")
            let due = try #require(captured.enqueuedAt)
            let jobs = JobClient(redis: probe.client).sharingWithExq()
            try await jobs.push(JobPayload(jobClass: "My.Worker", arguments: ["2100"]), at: due)
            let ours = try JobPayload(parsing: Array(try #require(try await probe.members("schedule").first).utf8))
            #expect(ours.enqueuedAt == due && ours.enqueuedAt?.unit == .floatSeconds)
            #expect(try await probe.score("schedule", ours.description) == due.seconds)
            try await probe.send("DEL", "schedule")

            // Snoozed and failed here, it may be promoted and run there.
            let plain = try ExqCapture.job("enqueued.exq_queue_default.plain")
            let old = try ExqCapture.job("mixed-sidekiq8-before.exq_queue_low.options")
            #expect(old.enqueuedAt?.unit == .milliseconds)
            var configuration = WorkerConfiguration.quick
            configuration.sharesWithExq = true
            let handlers: [Handler] = [
                .failing("My.Worker", JobDirective.snooze(for: .seconds(1000))), .failing("My::FailWorker", Boom()),
            ]
            try await withWorker(on: probe, handlers, configuration: configuration) { _ in
                try await probe.enqueue([plain.description, old.description], to: "default")
                _ = try await probe.wait(for: 1, in: "schedule")
                _ = try await probe.wait(for: 1, in: "retry")
                try await probe.waitUntilDrained()
            }
            let snoozed = try JobPayload(parsing: Array(try #require(try await probe.members("schedule").first).utf8))
            #expect(snoozed.rawValue("enqueued_at") == plain.rawValue("enqueued_at"))
            let failed = try JobPayload(parsing: Array(try #require(try await probe.members("retry").first).utf8))
            #expect(failed.failedAt?.unit == .floatSeconds, "\(failed)")
            #expect(
                failed.enqueuedAt?.unit == .floatSeconds && failed.enqueuedAt?.seconds == old.enqueuedAt?.seconds,
                "\(failed)")

            // Flume's own poller may be the one that moves it.
            try await probe.send("DEL", "retry")
            try await probe.send("ZADD", "schedule", "1", old.description)
            try await withWorker(on: probe, [], queue: "none", configuration: configuration) { _ in
                try await eventually("it is in its queue") { try await probe.number("LLEN", "queue:low") == 1 }
            }
            let moved = try JobPayload(parsing: Array(try #require(try await probe.queue("low").first).utf8))
            #expect(moved.enqueuedAt?.unit == .floatSeconds, "\(moved)")
        }
    }

    @Test("signals as Exq sends them cancel a job and quiet a worker")
    func signals() async throws {
        try await withProbe { probe in
            let running = try ExqCapture.values("running.exq_queue_backup_HOST_low.").values.sorted()
            let cancel = try ExqCapture.value("signal.exq_HOST-signals.raw.2")
            let journal = Journal()
            let handlers = ["My.SleepWorker", "My::SleepWorker"].map { name in
                Handler.raw(name) { _, context in
                    journal.note(context.jid)
                    try await Task.sleep(for: .seconds(600))
                }
            }
            let cancelled = "bed97b98-4a9e-4865-a363-045659e56ce5"
            #expect(cancel.contains(cancelled))
            var configuration = WorkerConfiguration.quick
            configuration.shutdownTimeout = .milliseconds(100)
            try await withWorker(on: probe, handlers, configuration: configuration) { worker in
                try await probe.enqueue(running, to: "default")
                try await journal.wait(for: running.count)
                // In the order in which Exq's list has them.
                let signals = [try ExqCapture.value("signal.exq_HOST-signals.raw"), cancel]
                try await probe.send("RPUSH", ["\(worker.identity)-signals"] + signals)
                let dead = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "dead")[0].utf8))
                #expect(dead.jid == cancelled)
                try await eventually("a beat tells that it is quiet") {
                    try await probe.hash(worker.identity)["quiet"] == "true"
                }
            }
            // All others were interrupted by the shutdown and are where they were, byte for byte.
            let rest = running.filter { !$0.contains(cancelled) }
            let queued = Set(try await probe.queue("default"))
            #expect(rest.count == 2 && queued == Set(rest))
            #expect(try await probe.number("ZCARD", "dead") == 1)
        }
    }

    @Test("two jobs of one jid that differ in their bytes are two, and each leaves by its own")
    func bytes() async throws {
        try await withProbe { probe in
            // The same job as its producer wrote it, and as the node has it among those that run.
            let written = try ExqCapture.value("running.exq_queue_backup_HOST_low.sleep-low-2")
            let record = try JSONValue(
                parsing: Array(try ExqCapture.value("running.exq_HOST_workers.field.sleep-low-2").utf8))
            let noted = try #require(record["payload"]?.string)
            #expect(try JobPayload(parsing: Array(noted.utf8)).jid == JobPayload(parsing: Array(written.utf8)).jid)
            #expect(noted != written)

            let set = Inspector(redis: probe.client).retrySet
            try await probe.send("ZADD", "retry", "1", written, "2", noted)
            let first = try #require(try await set.page(limit: 1).first)
            #expect(try await set.delete([first]).moved == 1)
            #expect(try await probe.members("retry") == [noted])
            try await probe.send("ZADD", "retry", "4102444800", noted)

            let (journal, gate) = (Journal(), Gate())
            let handler = Handler.raw("My.SleepWorker") { payload, _ in
                journal.note(payload.description)
                try await gate.pass()
            }
            var configuration = WorkerConfiguration.quick
            configuration.shutdownTimeout = .milliseconds(100)
            try await withWorker(on: probe, [handler], configuration: configuration) { worker in
                try await probe.enqueue([written, noted], to: "default")
                try await journal.wait(for: 2)
                let flight = try await probe.hash("flume:inflight:\(worker.identity)")
                #expect(Set(flight.values) == [written, noted])
                #expect(try await probe.members("retry") == [noted], "what waits elsewhere stays as it is")
            }
            #expect(Set(try await probe.queue("default")) == [written, noted])
        }
    }
}
