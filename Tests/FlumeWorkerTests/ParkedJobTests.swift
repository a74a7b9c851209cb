import FlumeInspector
import FlumeRedis
import FlumeWire
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Parked jobs that nobody takes any more")
struct ParkedJobTests {
    /// Parks jobs as a pipeline would that is gone.
    private func park(_ jobs: [String], of queue: String, for key: String, on probe: RedisProbe) async throws {
        let list = "flume:parked:3:old:6:tenant:\(key)"
        try await probe.send("RPUSH", [list] + jobs.map { "\(queue.utf8.count):\(queue)\($0)" })
        try await probe.send("ZADD", "flume:parked-keys:3:old:tenant", "1", key)
        try await probe.send("ZADD", "flume:parked-places", "1", "3:old:tenant")
    }

    private func nothingIsParked(_ probe: RedisProbe) async throws {
        for key in ["flume:parked-places", "flume:parked-keys:3:old:tenant", "flume:parked:3:old:6:tenant:a"] {
            #expect(try await probe.number("EXISTS", key) == 0)
        }
    }

    @Test("go back into their queues in front of others, the oldest first, however many they are")
    func release() async throws {
        try await withProbe { probe in
            try await probe.send("LPUSH", "queue:q", "waiting")
            try await park((0..<450).map { "a\($0)" }, of: "q", for: "a", on: probe)
            try await park(["b0", "b1"], of: "queue:with:colons", for: "b", on: probe)
            try await park(["b2"], of: "q", for: "b", on: probe)
            let inspector = Inspector(redis: probe.client)
            #expect(try await inspector.parkedPipelines().map { "\($0.pipeline) \($0.limit)" } == ["old tenant"])
            #expect(try await inspector.release(parked: "other") == 0)
            #expect(try await inspector.release(parked: "old", limit: "other") == 0)
            #expect(try await inspector.release(parked: "old", limit: "tenant") == 453)
            let queue = Array(try await probe.list("queue:q").reversed())
            #expect(queue.filter { $0.hasPrefix("a") } == (0..<450).map { "a\($0)" })
            #expect(queue.last == "waiting" && queue.count == 452)
            #expect(Array(try await probe.list("queue:queue:with:colons").reversed()) == ["b0", "b1"])
            #expect(Set(try await probe.set("queues")) == ["q", "queue:with:colons"])
            try await nothingIsParked(probe)
            await #expect(throws: InspectorError.emptyName) { try await inspector.release(parked: "") }
        }
    }

    @Test("stay where they are when their queue cannot take them, and others are moved")
    func refused() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "queue:bad", "x")
            try await park(["a0"], of: "bad", for: "a", on: probe)
            try await park(["b0"], of: "q", for: "b", on: probe)
            let inspector = Inspector(redis: probe.client)
            await #expect(throws: RedisError.self) { try await inspector.release(parked: "old") }
            #expect(try await probe.list("queue:q") == ["b0"])
            #expect(try await probe.list("flume:parked:3:old:6:tenant:a") == ["3:bada0"])
            try await probe.send("DEL", "queue:bad")
            #expect(try await inspector.release(parked: "old") == 1)
            try await nothingIsParked(probe)
        }
    }

    @Test("are told of in the log, once, and run when they are put back")
    func told() async throws {
        try await withProbe { probe in
            let (journal, gate, logs) = (Journal(), Gate(), InMemoryLogHandler())
            let logger = Logger(label: "test") { _ in logs }
            func told() -> [String] {
                logs.entries.filter { "\($0.message)".contains("flume-control release") }
                    .map { $0.metadata["flume.pipeline"]?.description ?? "" }
            }
            try await park([job("Gated", "0"), job("Gated", "1")], of: "q", for: "a", on: probe)
            // Jobs that wait for a pipeline that runs are nobody's business.
            let own = Pipeline("own", queue: "r", concurrency: 5)
                .maxInCluster(1, key: "own") { try $0.arguments().first?.string }
            let plain = Pipeline("new", queue: "q", concurrency: 5)
            try await withWorker(
                on: probe, [.gated(journal, gate)], pipelines: [plain, own],
                configuration: .quick(lease: .milliseconds(200)), logger: logger
            ) { _ in
                try await probe.enqueue((2..<4).map { job("Gated", "\($0)", args: #"["x"]"#) }, to: "r")
                try await eventually("it is told") { !told().isEmpty }
                #expect(try await Inspector(redis: probe.client).release(parked: "old") == 2)
                try await journal.wait(for: 3)
                // Many leases after it was parked.
                let first = try #require(try await probe.score("flume:parked-places", "3:own:own:slots"))
                try await eventually("this process has been there again") {
                    try await probe.score("flume:parked-places", "3:own:own:slots") ?? 0 > first + 2_000_000
                }
                gate.open()
                try await journal.wait(for: 4)
            }
            #expect(told() == ["old"])
            #expect(Set(journal.entries) == ["0", "1", "2", "3"])
        }
    }
}
