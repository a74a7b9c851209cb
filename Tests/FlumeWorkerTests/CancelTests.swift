import Flume
import FlumeInspector
import FlumeRedis
import FlumeWire
@testable import FlumeWorker
import TestSupport
import Testing

@Suite("Cancelling running jobs")
struct CancelTests {
    private func dead(_ probe: RedisProbe) async throws -> JobPayload {
        try JobPayload(parsing: Array(try #require(try await probe.wait(for: 1, in: "dead").first).utf8))
    }

    @Test("a cancelled job goes to the dead set whatever retries it has left, as in Exq, and its hooks are called")
    func cancelled() async throws {
        try await withProbe { probe in
            let (journal, gate, deaths) = (Journal(), Gate(), Journal())
            var configuration = WorkerConfiguration.quick
            configuration.deathHooks = [{ payload, error in deaths.note("\(payload.jid ?? "") \(error)") }]
            try await withWorker(on: probe, [.gated(journal, gate)], configuration: configuration) { running in
                try await probe.enqueue([job("Gated", "a"), job("Gated", "b")], to: "default")
                try await journal.wait(for: 2)
                try await running.worker.cancel(jid: "a")
                let payload = try await dead(probe)
                #expect(payload.jid == "a" && payload.retryCount == 0 && payload.failedAt != nil)
                #expect(payload["error_class"] == "JobCancelledError")
                #expect(payload["error_message"] == "the job was cancelled")
                try await deaths.wait(for: 1)
                #expect(deaths.entries == ["a the job was cancelled"])
                #expect(try await probe.inflight() == [job("Gated", "b")])
                #expect(try await running.worker.runningCount() == 1)
                await #expect(throws: ControlError.noSuchJob("a")) { try await running.worker.cancel(jid: "a") }
                gate.open()
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "retry") == 0)
            #expect(try await probe.number("ZCARD", "dead") == 1)
            #expect(try await probe.string("stat:processed") == "2")
            #expect(try await probe.string("stat:failed") == "1")
        }
    }

    @Test("a handler that returns or discards all the same has its way, one that wants to run later has not")
    func regardless() async throws {
        try await withProbe { probe in
            let journal = Journal()
            func ending(_ jobClass: String, _ end: @escaping @Sendable () throws -> Void) -> Handler {
                .raw(jobClass) { _, context in
                    journal.note(context.jid)
                    try? await Task.sleep(for: .seconds(60))
                    try end()
                }
            }
            let handlers = [
                ending("Returns") {}, ending("Discards") { throw JobDirective.discard },
                ending("Snoozes") { throw JobDirective.snooze(for: .seconds(1)) },
                ending("Retries") { throw JobDirective.retry(after: .zero) }, ending("Fails") { throw Boom() },
            ]
            try await withWorker(on: probe, handlers) { running in
                let names = ["Returns", "Discards", "Snoozes", "Retries", "Fails"]
                try await probe.enqueue(names.map { job($0, $0) }, to: "default")
                try await journal.wait(for: 5)
                for name in names { try await running.worker.cancel(jid: name) }
                try await probe.waitUntilDrained()
                let dead = try await probe.members("dead").map { try JobPayload(parsing: Array($0.utf8)).jid ?? "" }
                #expect(Set(dead) == ["Snoozes", "Retries", "Fails"])
                #expect(try await probe.number("EXISTS", "retry", "schedule") == 0)
            }
        }
    }

    @Test("another process cancels a job within a second, and is told when none runs")
    func fromOutside() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            var configuration = WorkerConfiguration.quick
            configuration.heartbeatInterval = .seconds(60)
            try await withWorker(on: probe, [.gated(journal, gate)], configuration: configuration) { running in
                try await probe.enqueue([job("Gated", "a"), job("Gated", "b")], to: "default")
                try await journal.wait(for: 2)
                let inspector = Inspector(redis: probe.client)
                let work = try await inspector.workSet.all()
                #expect(work.map(\.jid) == ["a", "b"] && work.map(\.process) == [running.identity, running.identity])
                #expect(work.map(\.bytes) == ["a", "b"].map { Array(job("Gated", $0).utf8) })
                #expect(work.map(\.queue) == ["default", "default"])
                try await inspector.workSet.cancel(jid: "a")
                #expect(try await dead(probe).jid == "a")
                await #expect(throws: InspectorError.noSuchJob("a")) { try await inspector.workSet.cancel(jid: "a") }
                gate.open()
            }
        }
    }

    @Test(
        "Exq's signal cancels a job, with its process in Erlang or without; a strange one does no harm",
        arguments: [##"CANCEL:{"pid":"#PID<0.152.0>","jid":"a"}"##, "CANCEL:a"])
    func signal(text: String) async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await withWorker(on: probe, [.gated(journal, gate)]) { running in
                try await probe.enqueue([job("Gated", "a"), job("Gated", "b")], to: "default")
                try await journal.wait(for: 2)
                let signals = ["CANCEL:", "CANCEL:{", #"CANCEL:{"jid":1}"#, "CANCEL:c", text]
                try await probe.send("LPUSH", ["\(running.identity)-signals"] + signals)
                #expect(try await dead(probe).jid == "a")
                gate.open()
                try await probe.waitUntilDrained()
                #expect(try await probe.number("ZCARD", "dead") == 1)
            }
        }
    }

    @Test("a job that waits for its batch is cancelled alone; one of a batch that runs is not")
    func batches() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await withWorker(
                on: probe, [.batching(journal, through: gate)], pipelines: Pipeline.batches(of: 3)
            ) { running in
                try await probe.enqueue([job("Note", "a"), job("Note", "b")], to: "default")
                try await eventually("they wait") { try await running.worker.runningCount() == 2 }
                try await running.worker.cancel(jid: "a")
                #expect(try await running.worker.runningCount() == 2)
                try await probe.enqueue([job("Note", "c")], to: "default")
                try await journal.wait(for: 1)
                #expect(journal.entries == ["b+c"])
                #expect(try await dead(probe).jid == "a")
                await #expect(throws: ControlError.inBatch("b")) { try await running.worker.cancel(jid: "b") }
                gate.open()
                try await probe.waitUntilDrained()
                #expect(try await probe.number("ZCARD", "dead") == 1)
            }
        }
    }

    @Test(
        "a job that waits for its limits is cancelled and goes to the dead set, not back to its queue",
        arguments: [1, 2], [false, true])
    func waitingForLimits(limits: Int, inBatch: Bool) async throws {
        try await withProbe { probe in
            let journal = Journal()
            // The answer of a limit of so short a time is late when it comes: the job asks again, and again.
            var pipeline = Pipeline("p", queue: "default", concurrency: 5)
                .rateLimit(1000, per: .microseconds(100), key: "k")
            if limits == 2 {
                pipeline = pipeline.limited(
                    by: .local(.slidingWindow(1000, per: .seconds(1), key: "cancel-tests-\(inBatch)")))
            }
            if inBatch { pipeline = pipeline.batching(size: 1, timeout: longTimeout) }
            let handlers = [inBatch ? Handler.batching(journal) : .noting(journal)]
            try await withWorker(on: probe, handlers, pipelines: [pipeline]) { running in
                try await probe.enqueue([job("Note", "a")], to: "default")
                try await eventually("it waits") { try await running.worker.runningCount() == 1 }
                try await probe.send("HSET", "flume:limit:k", "blocked_until", "9000000000000000")
                try await running.worker.cancel(jid: "a")
                #expect(try await dead(probe).jid == "a")
                #expect(try await probe.inflight().isEmpty)
                #expect(try await probe.queue("default").isEmpty)
            }
            #expect(journal.count == 0)
        }
    }

    @Test("a worker that does not run cancels nothing")
    func notRunning() async throws {
        try await withProbe { probe in
            let worker = Worker(
                redis: probe.client, handlers: HandlerRegistry([]), pipelines: [], logger: silent)
            await #expect(throws: ControlError.notRunning) { try await worker.cancel(jid: "a") }
        }
    }
}
