import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import TestSupport
import Testing

@Suite("Handing over jobs of unknown classes")
struct HandOverTests {
    private func configuration(_ policy: UnknownClassPolicy) -> WorkerConfiguration {
        var configuration = WorkerConfiguration.quick
        configuration.unknownClass = policy
        return configuration
    }

    @Test("a job arrives in the other queue as it was, but for queue, time and counter, and has not failed")
    func bytes() async throws {
        try await withProbe { probe in
            let before =
                #"{"class":"Ruby::Job","args":[1.0,123456789012345678901,{},[]],"jid":"a","queue":"swift","x":"\u00e9/","#
                + #""retry":5,"created_at":1795252803761,"enqueued_at":1795252803761}"#
            try await withWorker(
                on: probe, [], queue: "swift", configuration: configuration(.forward(toQueue: "ruby"))
            ) { _ in
                try await probe.enqueue([before], to: "swift")
                try await eventually("the job is in ruby") { try await probe.queue("ruby").count == 1 }
            }
            let after = try #require(try await probe.queue("ruby").first)
            let payload = try JobPayload(parsing: Array(after.utf8))
            let time = try #require(payload.rawValue("enqueued_at"))
            #expect(!time.contains(UInt8(ascii: ".")), "milliseconds stay milliseconds")
            let expected = before.replacing(#""queue":"swift""#, with: #""queue":"ruby""#)
                .replacing(#""enqueued_at":1795252803761}"#, with: "")
            #expect(
                after == expected + #""enqueued_at":\#(String(decoding: time, as: UTF8.self)),"flume_handovers":1}"#)
            #expect(try await probe.set("queues").contains("ruby"))
            #expect(try await probe.number("ZCARD", "retry") == 0)
            #expect(try await probe.number("GET", "stat:failed") == 0)
            #expect(try await probe.inflight().isEmpty)
        }
    }

    @Test("two fleets of which neither has the class hand it to and fro three times, then it fails and is retried")
    func bound() async throws {
        try await withProbe { probe in
            let count = 20
            try await withWorker(on: probe, [], queue: "a", configuration: configuration(.forward(toQueue: "b"))) { _ in
                try await withWorker(
                    on: probe, [], queue: "b", configuration: configuration(.forward(toQueue: "a"))
                ) { _ in
                    try await probe.enqueue((0..<count).map { job("Nobody", "n\($0)") }, to: "a")
                    _ = try await probe.wait(for: count, in: "retry")
                }
            }
            for member in try await probe.members("retry") {
                let payload = try JobPayload(parsing: Array(member.utf8))
                #expect(payload.handOvers == 3)
                #expect(payload.queue == "b", "from a to b, to a, to b")
                #expect(payload.retryCount == 0)
                #expect(payload["error_class"] == "UnknownClassError")
            }
        }
    }

    @Test("a worker that would hand a job to the queue it reads fails it instead")
    func sameQueue() async throws {
        try await withProbe { probe in
            try await withWorker(
                on: probe, [], queue: "a", configuration: configuration(.forward(toQueue: "a"))
            ) { _ in
                try await probe.enqueue([job("Nobody", "n")], to: "a")
                #expect(try await probe.wait(for: 1, in: "retry")[0].contains("UnknownClassError"))
            }
        }
    }

    @Test("a job without retries that nobody knows is kept among the dead")
    func withoutRetry() async throws {
        try await withProbe { probe in
            try await withWorker(on: probe, [], configuration: configuration(.retry)) { _ in
                try await probe.enqueue([job("Nobody", "n", #""retry":false"#)], to: "default")
                #expect(try await probe.wait(for: 1, in: "dead")[0].contains("UnknownClassError"))
            }
        }
    }

    @Test(
        "interop-worker takes the policy from its command line",
        arguments: [("dead", "dead"), ("retry", "retry"), ("forward:ruby", "queue:ruby")])
    func commandLine(policy: String, key: String) async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await probe.enqueue([job("Nobody", "n")], to: "default")
            let worker = try await WorkerProcess.start("worker", on: server, ["--unknown-class", policy])
            try await eventually("the job is in \(key)") { try await probe.number("EXISTS", key) == 1 }
            worker.child.signal(SIGTERM)
            #expect(await worker.child.exit() == .status(0))
            await probe.client.close()
        }
    }

    struct Order: Job {
        var number: Int
        var note: String?
    }

    struct OrderHandler: JobHandler {
        func perform(_ job: Order, context: JobContext) async throws { Issue.record("a check runs nothing") }
    }

    @Test(
        "a registry says what a job would fail with, and runs nothing",
        arguments: [
            ("Order", "[1]", nil), ("Order", #"["x"]"#, "args[0] (number)"), ("Pack", "[1,[2.5]]", nil),
            ("Pack", "[1]", "args[1]"), ("Pack", "[1,[],3]", "3 arguments were given, expected 2"),
            ("Raw", #"{"a":1}"#, nil), ("Batch", #"["x"]"#, "args[0] (number)"), ("Batch", #"[1,null]"#, nil),
            ("Rows", #"["x"]"#, nil), ("Own", "[]", "boom"), ("Nobody", "[]", "no handler is registered for Nobody"),
        ])
    func check(jobClass: String, arguments: String, problem: String?) throws {
        struct BatchOrder: Job {
            static var jobClass: String { "Batch" }
            var number: Int
            var note: String?
        }
        let handlers = HandlerRegistry {
            OrderHandler()
            Handler("Pack") { (_, _: Int, _: [Double]) in Issue.record("a check runs nothing") }.timeout(.seconds(1))
            Handler.raw("Raw") { _, _ in Issue.record("a check runs nothing") }
            Handler.raw("Own") { _, _ in Issue.record("a check runs nothing") }.checking { _ in throw Boom() }
            Handler.batch(for: BatchOrder.self) { _ in Issue.record("a check runs nothing") }
            Handler.batch("Rows") { (_: JobBatch<JobPayload>) in Issue.record("a check runs nothing") }
        }
        let payload = try JobPayload(parsing: Array(job(jobClass, "j", args: arguments).utf8))
        if let problem {
            #expect { try handlers.check(payload) } throws: { "\($0)".contains(problem) }
        } else {
            #expect(throws: Never.self) { try handlers.check(payload) }
        }
    }
}
