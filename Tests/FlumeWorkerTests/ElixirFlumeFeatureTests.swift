import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("What Flume for Elixir has")
struct ElixirFlumeFeatureTests {
    private struct Mail: Job {
        var number: Int
    }

    @Test("what a producer adds to a job is there for its handler, on each run, alone and in a batch")
    func context() async throws {
        try await withProbe { probe in
            let (jobs, journal) = (JobClient(redis: probe.client), Journal())
            let alone = Handler(for: Mail.self) { _, context in
                journal.note("\(context.payload["context"]?["tenant"]?.string ?? "") \(context.attempt)")
                if context.attempt == 1 { throw JobDirective.retry(after: .zero) }
            }
            let together = Handler.batch("Together") { batch in
                journal.note(batch.contexts.map { $0.payload["context"]?["tenant"]?.string ?? "-" }.joined())
            }
            try await withWorker(
                on: probe, [alone, together],
                pipelines: [
                    Pipeline("alone", queue: "default", concurrency: 1),
                    Pipeline("together", queue: "together", concurrency: 1).batching(size: 3, timeout: longTimeout),
                ]
            ) { _ in
                let options = JobOptions(extra: ["context": ["tenant": "acme", "trace": [1, 2.5]]])
                try await jobs.enqueue(Mail(number: 1), options: options)
                try await journal.wait(for: 2)
                #expect(journal.entries == ["acme 1", "acme 2"])
                let fields = [#""context":{"tenant":"a"}"#, #""context":null"#, #""context":{"tenant":"b"}"#]
                try await probe.enqueue(fields.map { job("Together", "t", $0) }, to: "together")
                try await journal.wait(for: 3)
                #expect(journal.entries[2] == "a-b")
            }
        }
    }

    @Test(
        "a class can have several functions: each has a handler under class/function, and others go to that of the class"
    )
    func functions() async throws {
        try await withProbe { probe in
            let (jobs, journal) = (JobClient(redis: probe.client), Journal())
            let handlers = ["Mailer", "Mailer/welcome"].map { name in
                Handler.raw(name) { _, context in journal.note("\(name) < \(context.jobClass)") }
            }
            try await withWorker(on: probe, handlers) { _ in
                for name in ["Mailer/welcome", "Mailer", "Mailer/goodbye"] {
                    try await jobs.push(JobPayload(jobClass: name, arguments: [42]))
                }
                try await journal.wait(for: 3)
            }
            #expect(
                Set(journal.entries) == [
                    "Mailer/welcome < Mailer/welcome", "Mailer < Mailer", "Mailer < Mailer/goodbye",
                ])
        }
    }

    @Test("a worker says how many jobs it runs, in one pipeline or in all, until the last has ended")
    func runningCount() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let pipelines = ["a", "b", "c"].map { Pipeline($0, queue: $0, concurrency: 3) }
            try await withWorker(on: probe, [.gated(journal, gate)], pipelines: pipelines) { running in
                let worker = running.worker
                #expect(try await worker.runningCount() == 0)
                try await probe.enqueue((0..<2).map { job("Gated", "a\($0)") }, to: "a")
                try await probe.enqueue((0..<5).map { job("Gated", "b\($0)") }, to: "b")
                try await journal.wait(for: 5)
                #expect(try await worker.runningCount(in: "a") == 2)
                #expect(try await worker.runningCount(in: "b") == 3)
                #expect(try await worker.runningCount(in: "c") == 0)
                #expect(try await worker.runningCount() == 5)
                await #expect(throws: ControlError.unknownPipeline("x", known: ["a", "b", "c"])) {
                    try await worker.runningCount(in: "x")
                }
                // Those of a queue that was left count until they end.
                try await worker.unsubscribe(from: "a")
                #expect(try await worker.runningCount() == 5)
                try await worker.pause(.all)
                gate.open()
                try await eventually("all have ended") { try await worker.runningCount() == 0 }
            }
        }
        let worker = Worker(
            redis: try RedisProbe(url: "redis://127.0.0.1:1").client, handlers: HandlerRegistry([]), pipelines: [],
            logger: silent)
        await #expect(throws: ControlError.notRunning) { try await worker.runningCount() }
    }
}
