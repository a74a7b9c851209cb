import FlumeRedis
import FlumeWire
import Foundation
import TestSupport
import Testing

/// What a program said and how it ended.
private struct Ended {
    let exit: ChildProcess.Exit
    let output: String
    let errors: String
}

@Suite("Real processes under control")
struct ControlProcessTests {
    private func run(_ program: String, on server: RedisServer, _ arguments: [String]) async throws -> Ended {
        let child = try ChildProcess.spawn(
            (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/" + program, arguments,
            output: server.directory.path, name: "\(program)-\(UInt64.random(in: 0 ... .max))")
        let exit = await child.exit()
        return Ended(exit: exit, output: child.output, errors: child.errorOutput)
    }

    /// Runs flume-control, which must succeed.
    @discardableResult
    private func control(_ server: RedisServer, _ arguments: String...) async throws -> Ended {
        let ended = try await run("flume-control", on: server, ["--redis", server.url()] + arguments)
        #expect(ended.exit == .status(0), "\(arguments): \(ended.errors)")
        return ended
    }

    /// Runs flume-control, which must fail with this status and a sentence on standard error.
    private func refused(_ server: RedisServer, status: Int32 = 1, _ sentence: String, _ arguments: String...)
        async throws
    {
        let ended = try await run("flume-control", on: server, ["--redis", server.url()] + arguments)
        #expect(ended.exit == .status(status), "\(arguments)")
        #expect(ended.errors.contains(sentence), "\(arguments): \(ended.errors)")
        #expect(ended.output.isEmpty, "\(arguments): \(ended.output)")
    }

    private func withRedis(_ body: (RedisServer, RedisProbe) async throws -> Void) async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await body(server, probe)
            await probe.client.close()
        }
    }

    private func stop(_ workers: [WorkerProcess]) async {
        for worker in workers { worker.child.signal(SIGTERM) }
        for worker in workers { #expect(await worker.child.exit() == .status(0)) }
    }

    private let pipelines = [
        "--pipeline", "name=ses,queue=mailers,concurrency=3", "--pipeline", "name=other,queue=default",
    ]

    @Test("jobs parked for a pipeline that is gone are released, and it is said how many and where others are")
    func release() async throws {
        try await withRedis { server, probe in
            try await probe.send("RPUSH", "flume:parked:3:old:6:tenant:a", "1:q0", "1:q1")
            try await probe.send("ZADD", "flume:parked-keys:3:old:tenant", "1", "a")
            try await probe.send("ZADD", "flume:parked-places", "1", "3:old:tenant")
            let none = try await control(server, "release", "older")
            #expect(none.output == "0\n")
            #expect(none.errors.contains("jobs wait in old (limit tenant)"))
            #expect(try await control(server, "release", "old", "--limit", "tenant").output == "2\n")
            #expect(try await probe.list("queue:q") == ["1", "0"])
            try await refused(server, "a pipeline or queue needs a name", "release", "")
        }
    }

    @Test("three processes see a permanent pause within a second, keep it over a restart, and go on together")
    func permanent() async throws {
        try await withRedis { server, probe in
            var workers: [WorkerProcess] = []
            for name in ["one", "two", "three"] {
                workers.append(try await WorkerProcess.start(name, on: server, pipelines))
            }
            try await control(server, "pause", "pipeline", "ses")
            let start = ContinuousClock.now
            for worker in workers {
                try await eventually("\(worker.identity ?? "") has seen it") {
                    worker.child.output.contains("paused in every process")
                }
            }
            #expect(start.duration(to: .now) < .seconds(1))
            try await probe.enqueue((0..<30).map { job("EchoJob", "m\($0)") }, to: "mailers")
            try await probe.enqueue((0..<30).map { job("EchoJob", "d\($0)") }, to: "default")
            try await eventually("the other pipeline goes on") { try await probe.list("interop:echo").count == 30 }
            #expect(try await probe.queue("mailers").count == 30)

            await stop([workers.removeFirst()])
            let again = try await WorkerProcess.start("again", on: server, pipelines)
            workers.append(again)
            try await eventually("it has seen it") { again.child.output.contains("paused in every process") }
            try await probe.enqueue((0..<30).map { job("EchoJob", "d\($0)") }, to: "default")
            try await eventually("the other pipeline goes on") { try await probe.list("interop:echo").count == 60 }
            #expect(try await probe.queue("mailers").count == 30)

            try await control(server, "resume", "pipeline", "ses")
            try await eventually("all have run") { try await probe.list("interop:echo").count == 90 }
            await stop(workers)
        }
    }

    @Test("flume-control pauses one process, queues as Sidekiq does, and all; and says what it cannot do")
    func scopes() async throws {
        try await withRedis { server, probe in
            let worker = try await WorkerProcess.start("worker", on: server, pipelines)
            let identity = try #require(worker.identity)
            try await control(server, "pause", "pipeline", "ses", "--temporary", identity)
            #expect(worker.child.output.contains("paused in this process"))
            #expect(try await probe.set("flume:paused").isEmpty)
            try await control(server, "resume", "pipeline", "ses", "--temporary", identity)

            try await control(server, "pause", "queue", "mailers")
            #expect(try await probe.set("paused") == ["mailers"])
            try await control(server, "pause", "all")
            #expect(try await probe.set("flume:paused") == [""])
            try await refused(server, "stays paused", "resume", "pipeline", "ses", "--temporary", identity)
            try await control(server, "resume", "all")
            try await control(server, "resume", "queue", "mailers")
            #expect(try await probe.number("EXISTS", "flume:paused", "paused") == 0)

            let note = try await control(server, "pause", "pipeline", "sess")
            #expect(note.errors.contains("no running process has a pipeline \"sess\""))
            try await refused(
                server, "no process \"x:1:y\" runs; there is \(identity)", "pause", "all", "--temporary", "x:1:y")
            try await refused(server, "no pipeline \"x\" here", "pause", "pipeline", "x", "--temporary", identity)
            try await refused(server, status: 64, "all has no name", "pause", "all", "x")
            try await refused(server, status: 64, "which queue?", "resume", "queue")
            try await refused(server, "needs a name", "pause", "pipeline", "")
            let nobody = try await run(
                "flume-control", on: server, ["--redis", "redis://127.0.0.1:1", "pause", "all"])
            #expect(nobody.exit == .status(1))
            #expect(nobody.errors.hasPrefix("flume-control: ") && nobody.errors.count { $0 == "\n" } == 1)
            await stop([worker])
        }
    }

    @Test("flume-control resume tells which processes keep a pause of their own, and how to end it")
    func ownPauses() async throws {
        try await withRedis { server, _ in
            let one = try await WorkerProcess.start("one", on: server, pipelines)
            let two = try await WorkerProcess.start("two", on: server, pipelines)
            let identity = try #require(one.identity)
            try await control(server, "pause", "pipeline", "ses", "--temporary", identity)
            try await control(server, "pause", "queue", "default", "--temporary", identity)
            let facts = try JSONValue(parsing: Array(try await control(server, "facts").output.utf8))
            for process in facts["processes"]?.array ?? [] {
                let isOne = process["identity"]?.string == identity
                #expect(process["pauses"]?["pipelines"] == (isOne ? ["ses"] : []))
                #expect(process["pauses"]?["queues"] == (isOne ? ["default"] : []))
            }

            try await control(server, "pause", "all")
            let note = "note: process \(identity) keeps a pause of its own; it goes on with resume"
            let all = try await control(server, "resume", "all")
            #expect(all.errors == "flume-control: \(note) pipeline ses --temporary \(identity)\n")
            let queue = try await control(server, "resume", "queue", "default")
            #expect(queue.errors == "flume-control: \(note) queue default --temporary \(identity)\n")
            #expect(try await control(server, "resume", "pipeline", "other").errors.isEmpty)
            try await control(server, "resume", "all", "--temporary", identity)
            #expect(try await control(server, "resume", "all").errors.isEmpty)
            await stop([one, two])
        }
    }

    @Test("flume-control subscribes and unsubscribes running processes and prints the facts as JSON")
    func subscriptions() async throws {
        try await withRedis { server, probe in
            try await refused(server, "no process runs", "subscribe", "late", "--concurrency", "2")
            let one = try await WorkerProcess.start("one", on: server, pipelines)
            let two = try await WorkerProcess.start("two", on: server, pipelines)
            let identity = try #require(one.identity)
            try await control(server, "subscribe", "late", "--concurrency", "2")
            try await control(server, "unsubscribe", "late", "--identity", try #require(two.identity))
            try await probe.enqueue((0..<3).map { job("SleepJob", "s\($0)", args: "[1]") }, to: "late")
            try await eventually("two run") { try await probe.list("interop:started").count == 2 }
            try await eventually("a beat tells of it") { try await probe.hash(identity)["busy"] == "2" }

            let facts = try JSONValue(parsing: Array(try await control(server, "facts").output.utf8))
            #expect(facts["processes"]?.array?.count == 2)
            let process = facts["processes"]?.array?.first { $0["identity"]?.string == identity }
            #expect(process?["pipelines"]?.array?.compactMap { $0["name"]?.string } == ["ses", "other", "late"])
            #expect(facts["jobs"]?.array?.allSatisfy { $0["process"]?.string == identity } == true)
            #expect(facts["jobs"]?.array?.first?["class"] == "SleepJob")
            let queue = facts["queues"]?.array?.first { $0["name"] == "late" }
            #expect(queue?["size"] == 1)

            try await eventually("all have run") { try await probe.list("interop:finished").count == 3 }
            try await control(server, "unsubscribe", "--all")
            try await eventually("the Web UI shows it") {
                let info = try JSONValue(parsing: Array((try await probe.hash(identity)["info"] ?? "").utf8))
                return info["queues"] == []
            }
            try await refused(server, "no pipeline here reads the queue \"late\"", "unsubscribe", "late")
            try await refused(server, status: 64, "choose 1 or more", "subscribe", "late", "--concurrency", "0")
            try await refused(server, status: 64, "write a queue or --all", "unsubscribe")
            await stop([one, two])
        }
    }

    @Test(
        "interop-worker says what is wrong with a --pipeline",
        arguments: [
            ("queue=q", "a pipeline needs a name"), ("name=n", "needs a queue"),
            ("name=n,queue=", "queue: found nothing, expected text that is not empty"),
            ("name=n,queue=q,speed=3", "speed: there is no such key"),
            ("name=n,queue", "found queue, expected key=value"),
            ("name=n,queue=q,concurrency=0", "concurrency: found 0, expected a whole number from 1"),
            ("name=n,queue=q,concurrency=many", "concurrency: found many, expected a whole number from 1"),
            ("name=n,queue=q,limit=400", "limit: found 400, expected a count and a time such as 400/1s"),
            ("name=n,queue=q,limit=0/1000ms", "limit: found 0, expected a whole number of 1 or more"),
            ("name=n,name=n,queue=q", "name: it is there twice"),
            ("name=n,queue=q,batch=10/0ms", "batch: found 0ms, expected a duration"),
            ("name=n,queue=q,key=k", "key: it says nothing without rate_limit_count"),
            ("name=n,queue=q,max-in-cluster=-1", "max-in-cluster: found -1, expected a whole number"),
            ("name=n,queue=sq|h:1|q", "super_fetch"),
        ])
    func pipelineOption(text: String, sentence: String) async throws {
        try await withTestDatabase { database in
            let ended = try await run(
                "interop-worker", on: database.server, ["--redis", database.url, "--pipeline", text])
            #expect(ended.exit == .status(64))
            #expect(ended.errors.contains("--pipeline '\(text)'") && ended.errors.contains(sentence), "\(ended.errors)")
        }
    }
}
