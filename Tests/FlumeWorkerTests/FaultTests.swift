import FlumeRedis
import FlumeWorker
import TestSupport
import Testing

@Suite("Faults of Redis are charged to no job")
struct FaultTests {
    @Test("2,000 jobs run while all connections are cut over and over: none is lost, none fails")
    func cutConnections() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let journal = Journal()
            let names = (0..<2000).map { "\($0)" }
            try await probe.enqueue(names.map { job("Note", $0) }, to: "default")
            let handler = Handler.raw("Note") { _, context in
                try await Task.sleep(for: .milliseconds(2))
                journal.note(context.jid)
            }
            try await withWorker(on: probe, [handler], concurrency: 10) { _ in
                var cuts = 0
                while Set(journal.entries).count < 2000 {
                    _ = try? server.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                    cuts += 1
                    try await Task.sleep(for: .milliseconds(30))
                    guard cuts < 1500 else { throw Boom("only \(Set(journal.entries).count) jobs ran") }
                }
                try await eventually("all are settled") {
                    try server.execute("EVAL", "return #redis.call('KEYS', 'flume:inflight:*')", "0") == "0"
                }
            }
            #expect(Set(journal.entries) == Set(names))
            #expect(try server.execute("LLEN", "queue:default") == "0")
            #expect(try server.execute("ZCARD", "retry") == "0")
            #expect(try server.execute("ZCARD", "dead") == "0")
            await probe.client.close()
        }
    }

    @Test("jobs whose fetch got no answer are found and run once", arguments: 0..<3)
    func lostFetch(round: Int) async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(10) }
            let journal = Journal()
            try await withWorker(
                on: probe, [.noting(journal)], concurrency: 4, adjust: { $0.commandTimeout = .milliseconds(200) }
            ) { _ in
                try await probe.enqueue([job("Note", "warm")], to: "default")
                try await journal.wait(for: 1)
                for index in 0..<3 {
                    // While Redis is stopped the worker's commands pile up in the socket; their deadline passes, the
                    // connection is given up, and Redis then executes them for nobody.
                    server.suspend()
                    let push = Task {
                        try await probe.enqueue((0..<10).map { job("Note", "\(index)-\($0)") }, to: "default")
                    }
                    try await Task.sleep(for: .milliseconds(400))
                    server.resume()
                    try await push.value
                    try await journal.wait(for: 1 + 10 * (index + 1))
                }
                try await probe.waitUntilDrained()
            }
            #expect(journal.count == 31)
            #expect(Set(journal.entries).count == 31)
            await probe.client.close()
        }
    }

    @Test("the worker fetches, runs, retries and settles while Redis is out of memory")
    func outOfMemory() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let journal = Journal()
            try await probe.enqueue((0..<20).map { job("Note", "\($0)") } + [job("Fail", "f")], to: "default")
            try await probe.send("ZADD", "schedule", "1", job("Note", "scheduled"))
            try await probe.send("CONFIG", "SET", "maxmemory", "1")
            try await probe.send("CONFIG", "SET", "maxmemory", "0")
            try await withWorker(on: probe, [.noting(journal), .failing()], concurrency: 2) { _ in
                try await probe.send("CONFIG", "SET", "maxmemory", "1")
                try await journal.wait(for: 21)
                _ = try await probe.wait(for: 1, in: "retry")
                try await probe.send("CONFIG", "SET", "maxmemory", "0")
                try await probe.enqueue([job("Note", "later")], to: "default")
                try await journal.wait(for: 22)
            }
            #expect(Set(journal.entries).count == 22)
            await probe.client.close()
        }
    }

    @Test("Redis forgets all scripts: nobody notices")
    func scriptFlush() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal), .failing()]) { _ in
                for index in 1...10 {
                    try await probe.send("SCRIPT", "FLUSH")
                    try await probe.enqueue([job("Note", "\(index)"), job("Fail", "f\(index)")], to: "default")
                    try await journal.wait(for: index)
                }
                _ = try await probe.wait(for: 10, in: "retry")
            }
            #expect(try await probe.members("retry").allSatisfy { $0.contains(#""retry_count":0"#) })
            await probe.client.close()
        }
    }

    @Test("a destination of the wrong type keeps a failed job in flight until it is mended")
    func refusedRetry() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "retry", "text")
            let journal = Journal()
            try await withWorker(on: probe, [.failing(), .noting(journal)]) { _ in
                try await probe.enqueue([job("Fail", "f"), job("Note", "neighbour")], to: "default")
                try await journal.wait(for: 1)
                try await eventually("only the failed one is in flight") {
                    try await probe.inflight() == [job("Fail", "f")]
                }
                try await probe.send("DEL", "retry")
                #expect(try await probe.wait(for: 1, in: "retry").count == 1)
                try await probe.waitUntilDrained()
            }
        }
    }

    @Test(
        "a Redis that cannot be used is an error of run() that says what to do",
        arguments: [("unix:///tmp/flume-nobody.sock", "flume-nobody"), ("redis://127.0.0.1:1/0", "127.0.0.1:1")])
    func wrongAddress(url: String, mention: String) async throws {
        let worker = Worker(
            redis: try RedisProbe(url: url).client, handlers: HandlerRegistry([]),
            pipelines: [Pipeline("p", queue: "q", concurrency: 1)], configuration: .quick, logger: silent)
        let error = await #expect(throws: RedisError.self) { try await worker.run() }
        #expect(error?.message.contains(mention) == true)
    }
}
