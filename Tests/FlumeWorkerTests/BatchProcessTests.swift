import FlumeRedis
import Foundation
import TestSupport
import Testing

@Suite("Batches in real processes")
struct BatchProcessTests {
    @Test("after kill -9 with batches held and running, every job is accounted for")
    func kill() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let names = (0..<500).map { "b\($0)" }
            let arguments = [
                "--pipeline", "name=default,queue=default,concurrency=5,batch=10/1000ms", "--lease", "3",
            ]
            let first = try await WorkerProcess.start("first", on: server, concurrency: 3, arguments)
            let second = try await WorkerProcess.start("second", on: server, concurrency: 3, arguments)
            let identity = try #require(first.identity)
            // Slow at first, so that batches of a few jobs are held by both when one is killed.
            var next = 0
            try await eventually("the first holds some") {
                if next < 400 {
                    try await probe.enqueue([job("BatchEchoJob", names[next])], to: "default")
                    next += 1
                }
                let held = try await probe.hash("flume:inflight:\(identity)")
                return next >= 40 && !held.isEmpty
            }
            first.child.signal(SIGSTOP)
            let held = try await probe.hash("flume:inflight:\(identity)").count
            first.child.signal(SIGKILL)
            #expect(await first.child.exit() == .signal(SIGKILL))
            try await probe.enqueue(names.dropFirst(next).map { job("BatchEchoJob", $0) }, to: "default")
            var seen: [String: Int] = [:]
            // A job that moves between two looks at where it may be is seen nowhere: what has run is what counts.
            try await eventually("all have run; \(held) were in flight in the dead", timeout: .seconds(60)) {
                seen = [:]
                for batch in try await probe.list("interop:batches") {
                    let jids = try JSONDecoder().decode([String].self, from: Data(batch.utf8))
                    #expect((1...10).contains(jids.count))
                    for jid in jids { seen[jid, default: 0] += 1 }
                }
                return seen.count == names.count
            }
            try await probe.waitUntilDrained()
            #expect(Set(seen.keys) == Set(names))
            // Twice at most those whose batch had run when their process died, before Redis knew.
            #expect(seen.values.filter { $0 > 1 }.count <= held && seen.values.allSatisfy { $0 <= 2 })
            #expect(try await probe.members("retry").isEmpty)
            #expect(try await probe.members("dead").isEmpty)
            second.child.signal(SIGTERM)
            #expect(await second.child.exit() == .status(0))
            await probe.client.close()
        }
    }

    @Test("what a stopped process holds in a batch runs elsewhere, and nowhere again once the process goes on")
    func stopped() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            func start(_ name: String, batch: String) async throws -> WorkerProcess {
                let arguments = [
                    "--pipeline", "name=default,queue=default,concurrency=5,batch=\(batch)", "--lease", "2",
                ]
                return try await WorkerProcess.start(name, on: server, arguments)
            }
            let first = try await start("first", batch: "10/600s")
            let identity = try #require(first.identity)
            try await probe.enqueue((0..<3).map { job("BatchEchoJob", "\($0)") }, to: "default")
            try await eventually("they are held") {
                try await probe.hash("flume:inflight:\(identity)").count == 3
            }
            first.child.signal(SIGSTOP)
            let second = try await start("second", batch: "10/100ms")
            try await eventually("they have run elsewhere", timeout: .seconds(60)) {
                try await probe.list("interop:batches").count == 1
            }
            try await probe.waitUntilDrained()
            try await first.resume(watching: probe)
            // What it would run at its end if it still held it.
            first.child.signal(SIGTERM)
            #expect(await first.child.exit() == .status(0))
            second.child.signal(SIGTERM)
            #expect(await second.child.exit() == .status(0))
            #expect(try await probe.list("interop:batches") == [#"["0","1","2"]"#])
            #expect(try await probe.number("LLEN", "queue:default") == 0)
            #expect(try await probe.members("retry").isEmpty)
            #expect(try await probe.members("dead").isEmpty)
            #expect(try await probe.inflight().isEmpty)
            await probe.client.close()
        }
    }

    @Test("when patience ends with batches held, all go back in order and the process exits 0")
    func impatientTerm() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let worker = try await WorkerProcess.start(
                "worker", on: server,
                [
                    "--pipeline", "name=default,queue=default,concurrency=1,batch=2/600000ms", "--shutdown-timeout",
                    "0.5",
                ])
            let jobs =
                [job("SleepJob", "long", args: "[60]")] + (0..<5).map { job("BatchEchoJob", "\($0)") }
            try await probe.enqueue(jobs, to: "default")
            try await eventually("the long one runs") { try await probe.list("interop:started") == ["long"] }
            try await eventually("the others are held") { try await probe.inflight().count == 4 }
            worker.child.signal(SIGTERM)
            #expect(await worker.child.exit() == .status(0))
            #expect(try await probe.list("interop:batches").isEmpty)
            #expect(try await probe.queue("default") == jobs)
            #expect(try await probe.inflight().isEmpty)
            await probe.client.close()
        }
    }

    @Test("TERM runs what is held and exits 0")
    func term() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let worker = try await WorkerProcess.start(
                "worker", on: server,
                ["--pipeline", "name=default,queue=default,concurrency=5,batch=10/600000ms"])
            try await probe.enqueue((0..<3).map { job("BatchEchoJob", "\($0)") }, to: "default")
            try await eventually("they are held") { try await probe.inflight().count == 3 }
            worker.child.signal(SIGTERM)
            #expect(await worker.child.exit() == .status(0))
            #expect(try await probe.list("interop:batches") == [#"["0","1","2"]"#])
            #expect(try await probe.inflight().isEmpty)
            await probe.client.close()
        }
    }
}
