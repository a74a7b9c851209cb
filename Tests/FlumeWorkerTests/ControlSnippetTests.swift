import Flume
import FlumeInspector
import FlumeRedis
import FlumeWorker
import TestSupport
import Testing

/// What the README shows of steering a running worker, run as it stands there.
@Suite("Steering, as the README shows it")
struct ControlSnippetTests {
    private func pausing(_ worker: Worker) async throws {
        try await worker.pause(.pipeline("ses"))  // this process, until it ends
        try await worker.resume(.pipeline("ses"))

        try await worker.pause(.pipeline("ses"), permanently: true)  // every process, also after restarts
        try await worker.pause(.queue("mailers"), permanently: true)  // Sidekiq's own `paused`
        let isDone = try await worker.pause(.all, waiting: .seconds(30))  // and wait for the jobs that run here
        try await worker.resume(.all, permanently: true)
        #expect(isDone)
        try await worker.resume(.queue("mailers"), permanently: true)
    }

    private func subscribing(_ worker: Worker) async throws {
        try await worker.subscribe(to: "imports", concurrency: 10)
        try await worker.subscribe(to: "imports", concurrency: 2)  // fewer from now on
        try await worker.unsubscribe(from: "imports")
        try await worker.unsubscribeAll()
    }

    private func inspecting(_ redis: RedisClient) async throws {
        let inspector = Inspector(redis: redis)
        let facts = try await inspector.facts()
        for queue in facts.queues where queue.size > 1000 || queue.latency ?? 0 > 60 {
            print("\(queue.name): \(queue.size) jobs, the oldest \(queue.latency ?? 0) s old")
        }
        for process in try await inspector.processes() {
            try await inspector.subscribe(to: "imports", concurrency: 5, in: process)
        }
        try await inspector.pause(.pipeline("ses"))
    }

    @Test("the snippets do what they say")
    func snippets() async throws {
        try await withProbe { probe in
            let pipeline = Pipeline("ses", queue: "mailers", concurrency: 2)
            try await withWorker(on: probe, [], pipelines: [pipeline]) { running in
                try await pausing(running.worker)
                #expect(try await running.worker.subscriptions().map(\.isPaused) == [false])
                try await inspecting(RedisProbe(probe.client.configuration).client)
                #expect(try await running.worker.subscriptions().map(\.concurrency) == [2, 5])
                try await subscribing(running.worker)
                #expect(try await running.worker.subscriptions().isEmpty)
            }
            #expect(try await probe.set("flume:paused") == ["ses"])
        }
    }
}
