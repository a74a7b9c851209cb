import Flume
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@Suite("Client middleware")
struct ClientMiddlewareTests {
    @Test("the first is the outermost, and what it changes is stored")
    func order() async throws {
        try await withProbe { probe in
            func tag(_ name: String) -> Middleware {
                Middleware { payload, next in
                    var payload = payload
                    payload.set("trail", to: .string((payload["trail"]?.string ?? "") + name))
                    let final = try await next(payload)
                    #expect(final?["trail"]?.string == "ab")
                    return final
                }
            }
            try await probe.jobs(middleware: [tag("a"), tag("b")]).enqueue(PlainJob(value: 1))
            #expect(try await probe.payloads("default")[0]["trail"] == "ab")
        }
    }

    @Test("it sees jid and created_at")
    func sees() async throws {
        try await withProbe { probe in
            let look = Middleware { payload, next in
                #expect(payload.jid?.count == 24)
                #expect(payload.createdAt != nil)
                return try await next(payload)
            }
            try await probe.jobs(middleware: [look]).enqueue(PlainJob(value: 1))
        }
    }

    @Test("one that does not call on stops the push: no jid, nothing written")
    func stops() async throws {
        try await withProbe { probe in
            let jobs = probe.jobs(middleware: [Middleware { _, _ in nil }])
            #expect(try await jobs.enqueue(PlainJob(value: 1)) == nil)
            try await probe.expectEmpty()
        }
    }

    @Test("one that throws fails the push with its own error")
    func fails() async throws {
        try await withProbe { probe in
            let jobs = probe.jobs(middleware: [Middleware { _, _ in throw Refusal() }])
            await #expect(throws: Refusal.self) { try await jobs.enqueue(PlainJob(value: 1)) }
            try await probe.expectEmpty()
        }
    }

    @Test("a queue it changes is the queue the job goes to")
    func queue() async throws {
        try await withProbe { probe in
            let redirect = Middleware { payload, next in
                var payload = payload
                if try payload.arguments()[0].double == 2 { payload.set("queue", to: "elsewhere") }
                return try await next(payload)
            }
            try await probe.jobs(middleware: [redirect]).enqueue(contentsOf: [1, 2, 3].map { PlainJob(value: $0) })
            #expect(try await probe.queue("default").count == 2)
            #expect(try await probe.payloads("elsewhere").map(\.queue) == ["elsewhere"])
            #expect(try await probe.set("queues") == ["default", "elsewhere"])
        }
    }
}

@Suite("Bulk")
struct BulkTests {
    @Test("jobs run in the order given, with a jid each")
    func order() async throws {
        try await withProbe { probe in
            let jids = try await probe.jobs().enqueue(
                contentsOf: (0..<2500).map { PlainJob(value: Double($0)) }, options: JobOptions(jid: "ignored"))
            let stored = try await probe.payloads("default")
            #expect(stored.compactMap { try? $0.arguments()[0].double } == (0..<2500).map(Double.init))
            #expect(stored.map(\.jid) == jids)
            #expect(Set(jids).count == 2500)
        }
    }

    @Test("jobs for later all wait in schedule")
    func scheduled() async throws {
        try await withProbe { probe in
            let time = try #require(Timestamp(seconds: 4_102_444_800))
            try await probe.jobs().enqueue(contentsOf: [1, 2].map { PlainJob(value: $0) }, at: time)
            #expect(try await probe.number("ZCOUNT", "schedule", "4102444800", "4102444800") == 2)
        }
    }

    @Test("one job that cannot be stored keeps all from being written")
    func refusedArgument() async throws {
        try await withProbe { probe in
            await #expect(throws: ArgumentsError.self) {
                try await probe.jobs().enqueue(contentsOf: [1, .nan, 3].map { PlainJob(value: $0) })
            }
            try await probe.expectEmpty()
        }
    }

    @Test("one queue that cannot take its job keeps all from being written")
    func refusedQueue() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "queue:b", "text")
            let payloads = ["a", "b", "c"].map { JobPayload(jobClass: "A", queue: $0) }
            await #expect(throws: RedisError.self) { try await probe.jobs().push(payloads) }
            #expect(try await probe.number("DBSIZE") == 1)
        }
    }

    @Test("a job that middleware stops is nil among the jids, and the others are written")
    func stopped() async throws {
        try await withProbe { probe in
            let odd = Middleware { payload, next in
                try payload.arguments()[0].double == 2 ? nil : try await next(payload)
            }
            let jids = try await probe.jobs(middleware: [odd]).enqueue(
                contentsOf: [1, 2, 3].map { PlainJob(value: $0) })
            #expect(jids.map { $0 == nil } == [false, true, false])
            #expect(try await probe.queue("default").count == 2)
        }
    }

    @Test("nothing is written for no jobs")
    func empty() async throws {
        try await withProbe { probe in
            #expect(try await probe.jobs().enqueue(contentsOf: [PlainJob]()).isEmpty)
            try await probe.expectEmpty()
        }
    }
}

@Suite("Redis faults while enqueueing")
struct EnqueueFaultTests {
    @Test("while Redis is out of memory the caller is told that it refuses")
    func outOfMemory() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await probe.send("CONFIG", "SET", "maxmemory", "1")
            let error = await #expect(throws: RedisError.self) { try await probe.jobs().enqueue(PlainJob(value: 1)) }
            #expect(error?.code == .refused)
            #expect(error?.isRetriable == false)
            await probe.client.close()
        }
    }

    @Test("a push whose reply is lost fails with an unknown outcome and is not sent again")
    func unknownOutcome() async throws {
        try await withRedisServer { server in
            let client = try RedisProbe(url: server.url()) { $0.commandTimeout = .milliseconds(300) }.client
            _ = try await client.send(RedisCommand("PING"))
            server.suspend()
            let error = await #expect(throws: RedisError.self) {
                try await JobClient(redis: client).enqueue(PlainJob(value: 1))
            }
            #expect(error?.code == .unknownOutcome)
            server.resume()
            // What was written before the pause is executed once; the pause between is the client's chance to err.
            try await eventually("the job is there") { try server.execute("LLEN", "queue:default") == "1" }
            #expect(try server.execute("LLEN", "queue:default") == "1")
            await client.close()
        }
    }
}
