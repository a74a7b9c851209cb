import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import InMemoryLogging
import Logging
import TestSupport
import Testing

/// The chapter "Pipelines" of README.md, run on a real Redis as it stands there.
///
/// Its blocks about pausing, subscribing and looking run in `ControlSnippetTests`, those about queues and sets in
/// `InspectorSnippetTests`.
@Suite("The chapter on pipelines")
struct PipelineRunTests {
    private static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

    private func run(_ worker: Worker, _ body: () async throws -> Void) async throws {
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

    private func worker(_ probe: RedisProbe, _ handlers: HandlerRegistry, _ pipelines: [Pipeline]) -> Worker {
        Worker(
            redis: RedisProbe(probe.client.configuration).client, handlers: handlers, pipelines: pipelines,
            logger: Self.silent)
    }

    @Test("limits let jobs through, and a tenant at its limit holds up no other")
    func limited() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let calls = Calls()
                let handlers = HandlerRegistry {
                    Handler("Tenant") { (_, tenant: String) in calls.note(tenant) }
                    Handler("Route") { (_: JobContext) in calls.note("route") }
                }
                let jobs = JobClient(redis: probe.client)
                for tenant in Array(repeating: "a", count: 12) + ["b"] {
                    try await jobs.push(JobPayload(jobClass: "Tenant", arguments: [.string(tenant)], queue: "tenants"))
                }
                for queue in ["mailers", "geo", "routes"] {
                    try await jobs.push(JobPayload(jobClass: "Route", queue: queue))
                }
                try await run(worker(probe, handlers, limits())) { try await calls.wait(for: 16) }
                #expect(calls.texts.count { $0 == "route" } == 3)
                let tenants = calls.all.filter { $0.text != "route" }
                #expect(tenants.firstIndex { $0.text == "b" }.map { $0 < 11 } == true)
                let times = tenants.filter { $0.text == "a" }.map(\.time)
                // Ten a second. What a handler notes may be later than its start, on a machine that has more to do.
                #expect(times.count == 12 && times[0].duration(to: times[10]) > .milliseconds(900))
            }
        }
    }

    @Test("a handler asks a limit itself, and makes those of its pipeline back off")
    func asked() async throws {
        try await withProbe { probe in
            let (stripe, mailer) = (Stripe(), Mailer())
            let redis = RedisProbe(probe.client.configuration).client
            let handlers = try await limiters(redis, stripe, mailer)
            let jobs = JobClient(redis: probe.client)
            for cents in [1, 2, 3] { try await jobs.enqueue(Charge(cents: cents), options: .init(queue: "geo")) }
            try await jobs.enqueue(WelcomeEmail(userID: 42, template: "hello"))
            try await run(worker(probe, handlers, limits())) {
                try await stripe.calls.wait(for: 3)
                try await mailer.calls.wait(for: 2)
            }
            #expect(stripe.calls.texts.sorted() == ["1", "2", "3"])
            #expect(mailer.calls.texts == ["hello to 42", "hello to 42"])
            let times = mailer.calls.all.map(\.time)
            #expect(times[0].duration(to: times[1]) > .milliseconds(280))
            #expect(try await probe.number("ZCARD", "retry") == 0)
            let limiter = try Limiter(.tokenBucket(rate: 25, per: .seconds(1), key: "stripe"), redis: redis)
            // The number that it was changed to.
            #expect(try await limiter.usage().count == 10)
        }
    }

    @Test("batches are handed over together and answered for one by one")
    func batched() async throws {
        try await withProbe { probe in
            let service = PushService()
            let (handlers, pipelines) = batches(service)
            let jobs = JobClient(redis: probe.client)
            let notices = ["a", "gone", "busy"].map { PushNotice(device: $0, text: "hi") }
            try await jobs.enqueue(contentsOf: notices, options: .init(queue: "push"))
            for (document, tenant) in [(1, "x"), (2, "y"), (3, "x")] {
                try await jobs.push(
                    JobPayload(jobClass: "IndexJob", arguments: [.int(document), .string(tenant)], queue: "search"))
            }
            try await run(worker(probe, handlers, pipelines)) {
                try await service.calls.wait(for: 4)
                try await eventually("one is dead") { try await probe.number("ZCARD", "dead") == 1 }
            }
            let calls = service.calls.texts
            #expect(
                calls.sorted() == [
                    "index [1, 3]", "index [2]", #"send ["a", "gone", "busy"]"#, #"send ["busy"]"#,
                ])
            let dead = try JobPayload(parsing: try await probe.rawMembers("dead")[0])
            #expect(dead["error_message"]?.string == "unknown device")
        }
    }

    @Test("back-off and retries of a pipeline hold for its jobs")
    func backedOff() async throws {
        try await withProbe { probe in
            let handlers = HandlerRegistry {
                Handler("Fail") { (_: JobContext) in throw CancelledOrder() }
            }
            let jobs = JobClient(redis: probe.client)
            for queue in ["mailers", "sync"] {
                try await jobs.push(JobPayload(jobClass: "Fail", queue: queue))
            }
            var delays: [String: Double] = [:]
            try await run(worker(probe, handlers, backOff())) {
                try await eventually("both have failed") {
                    for bytes in try await probe.rawMembers("retry") {
                        let payload = try JobPayload(parsing: bytes)
                        let due = try await probe.score("retry", String(decoding: bytes, as: UTF8.self)) ?? 0
                        if payload.retryCount == 0, let failed = payload.failedAt?.seconds {
                            delays[payload.queue ?? ""] = due - failed
                        }
                    }
                    return delays.count == 2
                }
            }
            #expect(delays["sync"].map { abs($0 - 30) < 0.01 } == true)
            #expect(delays["mailers"].map { (-0.01...0.51).contains($0) } == true, "\(delays)")
        }
    }

    @Test("a mixed bulk is where it belongs")
    func bulk() async throws {
        try await withProbe { probe in
            try await enqueueAll(probe.client)
            #expect(try await probe.queue("mailers").count == 1)
            #expect(try await probe.queue("ruby").count == 1)
            #expect(try await probe.number("ZCARD", "schedule") == 1)
        }
    }

    @Test("observers are told that a job died")
    func observed() async throws {
        try await withProbe { probe in
            let lines = InMemoryLogHandler()
            let logger = Logger(label: "worker") { _ in lines }
            let handlers = HandlerRegistry {
                Handler("Fail") { (_: JobContext) in throw CancelledOrder() }
            }
            let jobs = JobClient(redis: probe.client)
            let jid = try await jobs.push(JobPayload(jobClass: "Fail", queue: "default", retry: .limit(0)))
            let pipeline = Pipeline("default", queue: "default", concurrency: 1)
            let redis = RedisProbe(probe.client.configuration).client
            try await run(observing(redis, handlers, [pipeline], logger)) {
                try await eventually("it is logged") {
                    lines.entries.contains {
                        $0.level == .critical && "\($0.message)".hasPrefix("Fail \(jid ?? "") died: ")
                    }
                }
            }
        }
    }
}

/// What fails the jobs of these tests.
private struct CancelledOrder: Error {}
