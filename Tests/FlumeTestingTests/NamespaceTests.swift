import Flume
import FlumeRedis
import FlumeTesting
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("Real Redis: a namespace for each test")
struct NamespaceTests {
    @Test("a worker runs the jobs of its namespace, and afterwards no key is left")
    func worker() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "mine", "stays")
            try await withTestNamespace(on: probe.client) { namespace in
                let journal = Journal()
                let pipeline = Pipeline("p", queue: "mailers", concurrency: 1)
                let handlers = HandlerRegistry { Handler.noting(journal) }
                try await namespace.withWorker(handlers, pipelines: [pipeline]) { _ in
                    try await namespace.client.enqueue(email)
                    try await namespace.client.enqueue(email, after: .seconds(60))
                    try await namespace.waitUntilIdle()
                }
                #expect(journal.entries == ["hello"])
                let scheduled = try await probe.number("ZCARD", "\(namespace.name):schedule")
                #expect(scheduled == 1)
            }
            #expect(try await probe.number("DBSIZE") == 1)
        }
    }

    @Test("it is emptied after a test that fails too, however many keys there are")
    func failing() async throws {
        try await withProbe { probe in
            await #expect(throws: Boom.self) {
                try await withTestNamespace(on: probe.client) { namespace in
                    for queue in 0..<2500 {
                        try await probe.send("LPUSH", "\(namespace.name):queue:\(queue)", "x")
                    }
                    throw Boom()
                }
            }
            let left = try await probe.number("DBSIZE")
            #expect(left == 0)
        }
    }

    @Test("waiting for idleness includes jobs that jobs enqueue, and ends with what is left")
    func idle() async throws {
        try await withProbe { probe in
            try await withTestNamespace(on: probe.client) { namespace in
                let journal = Journal()
                let chain = Handler(for: Chain.self) { job, context in
                    journal.note("\(job.left)")
                    // Another queue each time, which nobody has heard of before.
                    let options = JobOptions(queue: "q\(job.left % 3)")
                    if job.left > 0 { try await context.jobs.enqueue(Chain(left: job.left - 1), options: options) }
                }
                let pipeline = Pipeline("p", queues: ["default": 1, "q0": 1, "q1": 1, "q2": 1], concurrency: 2)
                try await namespace.withWorker(HandlerRegistry { chain }, pipelines: [pipeline]) { _ in
                    try await namespace.client.enqueue(Chain(left: 20))
                    try await namespace.waitUntilIdle()
                    #expect(journal.entries.count == 21)
                    try await namespace.client.push(JobPayload(jobClass: "Nobody", queue: "unread"))
                    let error = await #expect(throws: NotIdleError.self) {
                        try await namespace.waitUntilIdle(timeout: .zero)
                    }
                    #expect(error?.waiting == 1 && error?.running == 0)
                }
            }
        }
    }

    @Test("a worker that cannot run fails the test instead of keeping it waiting")
    func impossible() async throws {
        try await withProbe { probe in
            try await withTestNamespace(on: probe.client) { namespace in
                let pipeline = Pipeline("p", queue: "q", concurrency: 1).batching(size: 0, timeout: .seconds(1))
                _ = await #expect(throws: PipelineError.self) {
                    try await namespace.withWorker(HandlerRegistry([]), pipelines: [pipeline]) { _ in
                        Issue.record("the body has begun without a worker")
                    }
                }
            }
        }
    }

    @Test("two tests at once do not see each other's jobs")
    func parallel() async throws {
        try await withProbe { probe in
            try await withTestNamespace(on: probe.client) { one in
                try await withTestNamespace(on: probe.client) { other in
                    try await one.client.enqueue(email)
                    #expect(try await probe.number("LLEN", "\(one.name):queue:mailers") == 1)
                    #expect(try await probe.number("LLEN", "\(other.name):queue:mailers") == 0)
                }
                #expect(try await probe.number("LLEN", "\(one.name):queue:mailers") == 1)
            }
        }
    }
}
