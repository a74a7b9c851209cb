import FlumeRedis
import Foundation
import TestSupport
import Testing

#if DEBUG

    /// In a real process, since they end it.
    @Suite("Fault points")
    struct FaultPointTests {
        @Test("tell by name and number which commands a worker has sent, in order")
        func trace() async throws {
            try await withTestDatabase { database in
                let files = try TemporaryDirectory()
                defer { files.remove() }
                let probe = try RedisProbe(url: database.url)
                try await probe.enqueue([job("EchoJob", "one")], to: "default")
                let worker = try spawn(on: database, in: files, ["FLUME_FAULT_TRACE": files.file("trace")])
                try await probe.waitUntilDrained()
                worker.signal(SIGTERM)
                #expect(await worker.exit() == .status(0))
                let lines = try String(contentsOfFile: files.file("trace"), encoding: .utf8).split(separator: "\n")
                let way = [
                    "jobs/fetch.before:1", "jobs/fetch.after:1", "handler.before:1", "client/RPUSH.before:1",
                    "client/RPUSH.after:1", "handler.after:1", "jobs/settle.before:1", "jobs/settle.after:1",
                    "jobs/leave.before:1", "jobs/leave.after:1",
                ]
                #expect(lines.map(String.init).filter(way.contains) == way)
                await probe.client.close()
            }
        }

        @Test("kill the worker where they are told to, and what it had taken stays in its record")
        func death() async throws {
            try await withTestDatabase { database in
                let files = try TemporaryDirectory()
                defer { files.remove() }
                let probe = try RedisProbe(url: database.url)
                try await probe.enqueue([job("EchoJob", "one"), job("EchoJob", "two")], to: "default")
                let worker = try spawn(on: database, in: files, ["FLUME_FAULT_POINT": "jobs/fetch.after:2"])
                #expect(await worker.exit() == .signal(SIGKILL))
                // The first may be there still: it is settled while the second is fetched.
                #expect(try await probe.inflight().contains(job("EchoJob", "two")))
                #expect(try await probe.list("interop:echo").count == 1)
                await probe.client.close()
            }
        }

        @Test("lie between the commands of one write too: Redis has executed those before it and no other")
        func pipelined() async throws {
            try await withTestDatabase { database in
                let files = try TemporaryDirectory()
                defer { files.remove() }
                let probe = try RedisProbe(url: database.url)
                // Its last beat takes it off the Busy page by SREM and UNLINK in one write.
                let worker = try spawn(on: database, in: files, ["FLUME_FAULT_POINT": "heartbeat/UNLINK.before"])
                try await eventually("it is on the Busy page") { try await !probe.set("processes").isEmpty }
                worker.signal(SIGTERM)
                #expect(await worker.exit() == .signal(SIGKILL))
                #expect(try await probe.set("processes").isEmpty)
                #expect(try await probe.set("flume:processes").count == 1)
                await probe.client.close()
            }
        }

        private func spawn(
            on database: TestDatabase, in files: TemporaryDirectory, _ environment: [String: String]
        ) throws -> ChildProcess {
            try ChildProcess.spawn(
                (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/interop-worker",
                ["--redis", database.url, "--concurrency", "1"],
                environment: environment, output: files.path)
        }
    }

#endif
