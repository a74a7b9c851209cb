import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@testable import FlumeCheck

private struct Welcome: Job {
    var userID: Int
    var template: String
    var options: [String: Int]?
}

@Suite("Checking what is stored")
struct PayloadCheckerTests {
    private let handlers = HandlerRegistry {
        Handler(for: Welcome.self) { _, _ in Issue.record("a check runs nothing") }
        Handler("Resize") { (_, _: Int, _: [String]) in Issue.record("a check runs nothing") }
        Handler.raw("Raw") { _, _ in Issue.record("a check runs nothing") }
        Handler.batch("Rows") { (_: JobBatch<JobPayload>) in Issue.record("a check runs nothing") }
    }

    private func job(_ jobClass: String, _ jid: String, _ arguments: String, _ more: String = "") -> String {
        #"{"class":"\#(jobClass)","args":\#(arguments),"jid":"\#(jid)","queue":"q"\#(more)}"#
    }

    private func seed(_ probe: RedisProbe) async throws {
        try await probe.enqueue(
            [
                job("Welcome", "w1", #"[1,"hello"]"#), job("Welcome", "w2", #"[2,null]"#),
                job("Welcome", "w3", #"[3,null]"#), job("Resize", "r1", #"[1,["s"]]"#), job("Raw", "x", #"{"a":1}"#),
                job("Rows", "y", "[]"), job("Old", "o1", #"[{"a":1}]"#), job("Old", "o2", #"[{"a":2}]"#),
            ], to: "q")
        try await probe.enqueue(["no job"], to: "broken")
        try await probe.send("ZADD", "retry", "1", job("Welcome", "w4", "[]", #","retry_count":0"#))
        try await probe.send("ZADD", "schedule", "1", job("Resize", "r2", #"[1,["s"],3]"#))
        try await probe.send("ZADD", "dead", "1", "raw bytes", "2", job("Welcome", "w5", #"[1,"a",{"k":1}]"#))
    }

    @Test("each class is told with how many decode, and what does not with place, reason and shape")
    func report() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let report = try await PayloadChecker(redis: probe.client, handlers: handlers).report()
            let lines = report.text.split(separator: "\n").map(String.init)
            #expect(
                lines == [
                    "Raw: 1 of 1 decode",
                    "Resize: 1 of 2 decode",
                    "  args: 3 arguments were given, expected 2",
                    "    args [Integer, Array[String], Integer], in schedule, such as r2",
                    "Rows: 1 of 1 decode",
                    "Welcome: 2 of 5 decode",
                    "  args[1] (template): expected String, found null",
                    "    args [Integer, nil] × 2, in queue:q, such as w2",
                    "  args[0] (userID): missing; 0 arguments were given",
                    "    args [], in retry, such as w4",
                    "no handler here:",
                    "  Old: 2 jobs",
                    #"    args [Hash{"a" => Integer}] × 2, in queue:q"#,
                    "no job, in queue:broken: \(report.unreadable[0].reason)",
                    "no job, in dead: \(report.unreadable[1].reason)",
                    "read: queue:broken 1, queue:q 8, retry 1, schedule 1, dead 2",
                ])
            #expect(!report.isClean)
        }
    }

    @Test("only the class in question decides when it alone is asked for, and an unknown one only when strict")
    func scope() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let checker = PayloadChecker(redis: probe.client, handlers: handlers)
            var scope = PayloadChecker.Scope()
            scope.queues = ["q"]
            scope.includesSets = false
            scope.classes = ["Resize", "Old"]
            let report = try await checker.report(on: scope)
            #expect(report.classes.map(\.name) == ["Resize", "Old"])
            #expect(report.isClean && !report.isStrictlyClean)
            scope.classes = ["Welcome"]
            #expect(try await checker.report(on: scope).isClean == false)
        }
    }

    @Test("arguments in words stand in for a handler that is not there")
    func expectations() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let expected = try ["Old([String: Int])", "Welcome()"].map { try ExpectedArguments($0) }
            let report = try await PayloadChecker(redis: probe.client, handlers: handlers, expectations: expected)
                .report()
            let old = try #require(report.classes.first { $0.name == "Old" })
            #expect(old.isKnown && old.decoded == 2)
            #expect(report.classes.first { $0.name == "Welcome" }?.decoded == 2, "a handler comes first")
        }
    }

    @Test("large queues and sets are read in pages up to the limit, the oldest first")
    func pages() async throws {
        try await withProbe { probe in
            let numbers = 0..<350
            try await probe.enqueue(numbers.map { job("Resize", "j\($0)", "[\($0 < 205 ? "1" : "null"),[]]") }, to: "q")
            for number in numbers {
                try await probe.send("ZADD", "dead", "\(number)", job("Resize", "d\(number)", "[1,[]]"))
            }
            var scope = PayloadChecker.Scope()
            scope.limit = 210
            let checker = PayloadChecker(redis: probe.client, handlers: handlers)
            let limited = try await checker.report(on: scope)
            #expect(
                limited.places.map { "\($0.name) \($0.read) of \($0.size)" } == [
                    "queue:q 210 of 350", "retry 0 of 0", "schedule 0 of 0", "dead 210 of 350",
                ])
            #expect(limited.classes[0].decoded == 205 + 210)
            #expect(limited.classes[0].mismatches[0].jid == "j205")
            let whole = try await checker.report()
            #expect(whole.classes[0].read == 700)
            #expect(whole.classes[0].decoded == 205 + 350)
        }
    }

    @Test("shapes beyond a bound are counted and not kept, so that memory is bounded too")
    func manyShapes() async throws {
        try await withProbe { probe in
            try await probe.enqueue((0..<50).map { job("Welcome", "j\($0)", #"[{"k\#($0)":1}]"#) }, to: "q")
            let report = try await PayloadChecker(redis: probe.client, handlers: handlers).report()
            #expect(report.classes[0].mismatches.count == 20)
            #expect(report.classes[0].unlisted == 30)
        }
    }

    @Test("a key of another type is told and the rest is read")
    func wrongType() async throws {
        try await withProbe { probe in
            try await seed(probe)
            try await probe.send("SADD", "queues", "text")
            try await probe.send("SET", "queue:text", "x")
            let report = try await PayloadChecker(redis: probe.client, handlers: handlers).report()
            #expect(report.places.first { $0.name == "queue:text" }?.problem?.contains("WRONGTYPE") == true)
            #expect(report.places.first { $0.name == "queue:q" }?.read == 8)
            #expect(!report.isClean)
        }
    }

    @Test("a user of Redis that may only read can check, in a namespace too")
    func readOnly() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await probe.send("SADD", "app:queues", "q")
            try await probe.send("LPUSH", "app:queue:q", job("Welcome", "w", #"[1,"a"]"#))
            try await probe.send(
                "ACL", "SETUSER", "reader", "on", ">secret", "~*", "-@all", "+@read", "+@connection")
            var configuration = probe.client.configuration
            configuration.username = "reader"
            configuration.password = "secret"
            let reader = RedisProbe(configuration)
            await #expect(throws: RedisError.self) { try await reader.send("SET", "a", "b") }
            let report = try await PayloadChecker(
                redis: reader.client, namespace: "app", handlers: handlers
            ).report()
            #expect(report.classes.map(\.decoded) == [1])
            await reader.client.close()
            await probe.client.close()
        }
    }
}
