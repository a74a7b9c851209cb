import FlumeRedis
import Foundation
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Settings of pipelines that cannot work")
struct PipelineValidationTests {
    private static let good = Pipeline("p", queue: "q", concurrency: 1)

    private func problem(_ pipelines: [Pipeline], _ configuration: WorkerConfiguration = .init()) async throws
        -> PipelineError?
    {
        try await withProbe { (probe) async throws -> PipelineError? in
            let worker = Worker(
                redis: probe.client, handlers: HandlerRegistry([]), pipelines: pipelines,
                configuration: configuration, logger: silent)
            let error = await #expect(throws: PipelineError.self) { try await worker.run() }
            #expect(try await probe.number("DBSIZE") == 0)
            #expect(worker.health.stage == .ended)
            return error
        }
    }

    @Test(
        "are refused before anything starts, by what is wrong and what to do",
        arguments: [
            (Pipeline("", queue: "q", concurrency: 1), "it has no name: choose one"),
            (Pipeline("p", queues: [], concurrency: 1), "it has no queue: name at least one"),
            (Pipeline("p", queue: "", concurrency: 1), "the name of a queue is empty: leave it out, or name the queue"),
            (Pipeline("p", queues: ["q": 1, "": 1], concurrency: 1), "the name of a queue is empty"),
            (Pipeline("p", queues: ["q": -1], concurrency: 1), "the weight -1 of the queue q: choose one from 0"),
            (Pipeline("p", queues: ["q": .max], concurrency: 1), "of the queue q: choose one from 0 to 10000"),
            (Pipeline("p", queue: "q", concurrency: 0), "the concurrency is 0: choose 1 or more"),
            (Pipeline("p", queue: "q", concurrency: -5), "the concurrency is -5: choose 1 or more"),
            (good.maximumRetries(-1), "the maximum of retries is -1: choose 0, for none, or more"),
            (good.batching(size: 0, timeout: .seconds(1)), "the batch size is 0; it must be 1 or more"),
            (good.batching(size: -1, timeout: .seconds(1)), "the batch size is -1; it must be 1 or more"),
            (
                good.batching(size: 11, timeout: .seconds(1)).rateLimit(10, per: .seconds(1)),
                "batches of 11, of which a limit lets 10 start together: make the batch smaller"
            ),
            (
                good.batching(size: 3, timeout: .seconds(1)).limited(
                    by: .tokenBucket(rate: 9, per: .seconds(1), burst: 2)),
                "batches of 3, of which a limit lets 2 start together"
            ),
            (
                good.batching(size: 2, timeout: .seconds(1)).limited(by: .local(.leakyBucket(9, per: .seconds(1)))),
                "batches of 2, of which a limit lets 1 start together"
            ),
            (good.batching(size: 1, timeout: .zero), "the batch timeout is 0.0 seconds; it must be longer than 0"),
        ])
    func one(pipeline: Pipeline, words: String) async throws {
        let error = try await problem([Pipeline("good", queue: "q", concurrency: 1), pipeline])
        #expect(error?.pipeline == pipeline.name)
        #expect(error?.problem.contains(words) == true, "\(String(describing: error))")
    }

    @Test("none, and two of one name, are refused too")
    func together() async throws {
        let none = try await problem([])
        #expect(none?.description == "a worker without pipelines runs nothing: add one")
        let twice = try await problem([Self.good, Pipeline("p", queue: "other", concurrency: 1)])
        #expect(twice?.description == "pipeline p: there are two pipelines of this name: rename one of them")
    }

    @Test("and so are numbers of the whole worker that cannot work")
    func wholeWorker() async throws {
        let cases: [((inout WorkerConfiguration) -> Void, String)] = [
            ({ $0.maximumRetries = -1 }, "the worker's maximum of retries is -1: choose 0, for none, or more"),
            ({ $0.poisonLimit = 0 }, "the poison limit is 0: choose 1 or more"),
            ({ $0.deadSetMaximumJobs = -1 }, "the dead set is to keep -1 jobs: choose 0 or more"),
            ({ $0.shutdownTimeout = .seconds(-1) }, "the shutdown timeout is -1.0 seconds: choose 0 or more"),
            ({ $0.leaseDuration = .milliseconds(99) }, "the lease is 0.099 seconds: choose 0.1 seconds or more"),
            ({ $0.heartbeatInterval = .zero }, "the interval of heartbeats is 0.0 seconds"),
            ({ $0.pollInterval = .seconds(-1) }, "the interval of polls is -1.0 seconds"),
            ({ $0.deadSetTimeout = .seconds(Int64.max) }, "and at most a hundred years"),
        ]
        for (change, words) in cases {
            var configuration = WorkerConfiguration()
            change(&configuration)
            let error = try await problem([Self.good], configuration)
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test("the least that can work is accepted")
    func least() throws {
        try Pipeline("p", queues: ["q": 0], concurrency: 1).maximumRetries(0).batching(
            size: 1, timeout: .nanoseconds(1)
        ).validate()
    }

    @Test("queues that the Web UI cannot open work, and one warning names them at the start")
    func names() async throws {
        try await withProbe { probe in
            let logs = InMemoryLogHandler()
            let logger = Logger(label: "worker") { _ in logs }
            let journal = Journal()
            let pipelines = [
                Pipeline("a", queues: ["with space": 0, "Fine-1_2:3.4": 0], concurrency: 1),
                Pipeline("b", queue: "ünï", concurrency: 1),
            ]
            try await withWorker(on: probe, [.noting(journal)], pipelines: pipelines, logger: logger) { _ in
                try await probe.enqueue([job("Note", "1")], to: "with space")
                try await probe.enqueue([job("Note", "2")], to: "ünï")
                try await journal.wait(for: 2)
            }
            let warnings = logs.entries.filter { "\($0.message)".contains("Web UI cannot open") }
            #expect(warnings.count == 1)
            #expect(warnings.first?.level == .warning)
            #expect(warnings.first?.metadata["flume.queue"] == "with space, ünï")
        }
    }

    @Test(
        "of the programs are refused with the option's name",
        arguments: [
            ("interop-worker", ["--queues", ""], "--queues '': the name of a queue is empty"),
            ("interop-worker", ["--queues", "a,,b"], "--queues 'a,,b': the name of a queue is empty"),
            ("interop-worker", ["--queues", ":3"], "--queues ':3': the name of a queue is empty"),
            ("interop-worker", ["--queues", "sq|h|q"], "super_fetch"),
            ("interop-worker", ["--concurrency", "0"], "--concurrency 0: choose 1 or more"),
            ("interop-worker", ["--concurrency", "0", "--pipeline", "name=a,queue=b"], "--concurrency 0: choose"),
            ("interop-worker", ["--pipeline", "name=a,queue=b", "--pipeline", "name=a,queue=c"], "another one"),
            ("interop-worker", ["--lease", "0"], "--lease 0.0: choose more than 0 seconds"),
            ("flume-control", ["subscribe", "", "--concurrency", "1"], "the name of the queue is empty"),
            ("flume-control", ["subscribe", "q", "--concurrency", "0"], "--concurrency 0: choose 1 or more"),
            ("flume-control", ["unsubscribe", ""], "the name of the queue is empty"),
        ])
    func programs(program: String, arguments: [String], words: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let folder = Bundle.main.executableURL?.deletingLastPathComponent().path ?? "."
        // Nothing listens there: what is refused is refused before anybody is asked.
        let child = try ChildProcess.spawn(
            "\(folder)/\(program)", ["--redis", "redis://127.0.0.1:1/0"] + arguments, output: directory.path)
        #expect(await child.exit() == .status(64))
        #expect(child.errorOutput.contains(words), "\(child.errorOutput)")
    }
}
