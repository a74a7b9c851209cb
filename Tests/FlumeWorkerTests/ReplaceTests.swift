import Flume
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("Replacing a job by another")
struct ReplaceTests {
    private static let other = JobPayload(jobClass: "Other", arguments: [1], queue: "others", jid: "new")

    @Test("the other job goes to schedule or to the back of its queue, as it is, and this one is gone")
    func replaces() async throws {
        try await withProbe { probe in
            let handlers: [Handler] = [
                .raw("Later") { _, _ in
                    throw JobDirective.replace(with: Self.other, after: .seconds(600), reason: "not yet")
                },
                .raw("Now") { _, _ in throw JobDirective.replace(with: Self.other, reason: "elsewhere") },
            ]
            try await withWorker(on: probe, handlers) { _ in
                let before = try await probe.now()
                try await probe.enqueue([job("Later", "l"), job("Now", "n")], to: "default")
                let waiting = try await probe.wait(for: 1, in: "schedule")
                #expect(waiting == [Self.other.description])
                let due = try #require(try await probe.score("schedule", waiting[0]))
                #expect((before + 600...before + 660).contains(due))
                try await eventually("it is in its queue") { try await probe.number("LLEN", "queue:others") == 1 }
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.queue("others") == [Self.other.description])
            #expect(try await probe.set("queues").contains("others"))
            #expect(try await probe.number("EXISTS", "retry", "dead") == 0)
            #expect(try await probe.string("stat:processed") == "2")
            #expect(try await probe.string("stat:failed") ?? "0" == "0")
        }
    }

    @Test("a batch may replace one of its jobs")
    func inBatch() async throws {
        try await withProbe { probe in
            let handler = Handler.batch("Many") { batch -> [JobResult] in
                batch.contexts.map { context in
                    context.jid == "b" ? .failed(JobDirective.replace(with: Self.other, reason: "x")) : .done
                }
            }
            let pipeline = Pipeline("default", queue: "default", concurrency: 4).batching(size: 2, timeout: .seconds(5))
            try await withWorker(on: probe, [handler], pipelines: [pipeline]) { _ in
                try await probe.enqueue([job("Many", "a"), job("Many", "b")], to: "default")
                try await eventually("it is in its queue") { try await probe.number("LLEN", "queue:others") == 1 }
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("EXISTS", "retry", "dead") == 0)
        }
    }

    @Test("a client prepares what it would push, and writes nothing")
    func prepares() async throws {
        try await withProbe { probe in
            let jobs = JobClient(redis: probe.client)
            let now = try #require(try await jobs.prepare(JobPayload(jobClass: "A")))
            #expect(now.jid?.count == 24 && now.createdAt != nil && now.enqueuedAt != nil && now.queue == "default")
            let later = try #require(try await jobs.prepare(JobPayload(jobClass: "A"), after: .seconds(5)))
            #expect(later.enqueuedAt == nil)
            await #expect(throws: PayloadError.self) {
                _ = try await jobs.prepare(JobPayload(jobClass: "A", options: ["tags": 1]))
            }
            #expect(try await probe.number("DBSIZE") == 0)
        }
    }
}
