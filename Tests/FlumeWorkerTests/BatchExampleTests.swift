import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

/// Stands for a service that takes many messages in one call.
private struct PushService: Sendable {
    struct Answer: Sendable {
        var isUnknownDevice = false
        var retryAfter: Duration?
    }

    let journal: Journal

    func send(_ notices: [PushNotice]) async throws -> [Answer] {
        journal.note(notices.map { "\($0.device) \($0.text)" }.joined(separator: ", "))
        return notices.map { Answer(isUnknownDevice: $0.device == "gone") }
    }

    func index(_ documents: [Int]) async throws {
        journal.note("\(documents)")
    }
}

private struct PushNotice: Job {
    static var options: JobOptions { .init(queue: "push", retry: .limit(5)) }
    var device: String
    var text: String
}

@Suite("Batches: the example of the README")
struct BatchExampleTests {
    @Test("it runs as written")
    func example() async throws {
        try await withProbe { probe in
            let service = PushService(journal: Journal())
            let (redis, logger) = (RedisProbe(probe.client.configuration).client, silent)

            let handlers = HandlerRegistry {
                // One answer for each job, in order.
                Handler.batch(for: PushNotice.self) { batch in
                    let answers = try await service.send(batch.jobs)
                    return answers.map { answer in
                        if let delay = answer.retryAfter { return .retry(after: delay) }
                        return answer.isUnknownDevice ? .dead("unknown device") : .done
                    }
                }
                // No answer: when it returns, all are done. What it throws fails all of them.
                Handler.batch("IndexJob") { batch in
                    try await service.index(batch.jobs.map { try $0.arguments().first?.int ?? 0 })
                }
            }
            let worker = Worker(
                redis: redis, handlers: handlers,
                pipelines: [
                    Pipeline("push", queue: "push", concurrency: 5)
                        .batching(size: 100, timeout: .milliseconds(200)),
                    Pipeline("search", queue: "search", concurrency: 2)
                        .batching(size: 500, timeout: .milliseconds(200)) { payload in
                            try payload.arguments().last?.string ?? ""  // by tenant
                        },
                ], logger: logger)

            let jobs = JobClient(redis: probe.client)
            try await jobs.enqueue(contentsOf: [
                PushNotice(device: "a", text: "hi"), PushNotice(device: "gone", text: "hi"),
            ])
            try await jobs.push(JobPayload(jobClass: "IndexJob", arguments: [1, "x"], queue: "search"))
            try await jobs.push(JobPayload(jobClass: "IndexJob", arguments: [2, "y"], queue: "search"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                try await service.journal.wait(for: 3)
                #expect(Set(service.journal.entries) == ["a hi, gone hi", "[1]", "[2]"])
                let dead = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "dead")[0].utf8))
                #expect(dead["error_message"]?.string == "unknown device")
                worker.stop()
                try await group.waitForAll()
            }
        }
    }
}
