import FlumeRedis
import FlumeWire
import Foundation
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Pipelines of real processes")
struct PipelineProcessTests {
    /// Runs flume-control, which must succeed.
    ///
    /// - Returns: What it wrote to standard output.
    @discardableResult
    private func control(_ server: RedisServer, _ arguments: String...) async throws -> String {
        let child = try ChildProcess.spawn(
            // The executable is built beside the test bundle.
            (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/flume-control",
            ["--redis", server.url()] + arguments, output: server.directory.path,
            name: "control-\(UInt64.random(in: 0 ... .max))")
        #expect(await child.exit() == .status(0), "\(arguments): \(child.errorOutput)")
        return child.output
    }

    private func withWorkers(
        _ count: Int, pipeline: String, _ body: (RedisServer, RedisProbe, [WorkerProcess]) async throws -> Void
    ) async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            var workers: [WorkerProcess] = []
            for index in 0..<count {
                workers.append(try await WorkerProcess.start("w\(index)", on: server, ["--pipeline", pipeline]))
            }
            try await body(server, probe, workers)
            for worker in workers { worker.child.signal(SIGTERM) }
            for worker in workers { #expect(await worker.child.exit() == .status(0)) }
            await probe.client.close()
        }
    }

    @Test("a limit, batches, slots and a pause hold together for three processes, and no job is lost or run twice")
    func everything() async throws {
        let pipeline =
            "name=ses,queue=mailers,concurrency=20,limit=100/500ms,key=ses,batch=10/200ms,max-in-cluster=40"
        try await Machine.alone {
            try await withWorkers(3, pipeline: pipeline) { server, probe, workers in
                try await control(server, "pause", "pipeline", "ses")
                for worker in workers {
                    try await eventually("it has seen it") { worker.child.output.contains("paused in every process") }
                }
                let names = (0..<300).map { "\($0)" }
                try await probe.enqueue(
                    names.flatMap { [job("StampJob", $0), job("BatchEchoJob", $0)] }, to: "mailers")
                #expect(try await probe.inflight().isEmpty)
                #expect(try await probe.number("LLEN", "queue:mailers") == 600)
                try await control(server, "resume", "pipeline", "ses")

                var (mostSlots, stamps) = (0, [[Substring]]())
                var batches: [[String]] = []
                try await eventually("all have run", timeout: .seconds(30)) {
                    mostSlots = max(mostSlots, try await probe.number("HLEN", "flume:slots:ses:slots"))
                    stamps = try await probe.list("interop:stamps").map { $0.split(separator: " ") }
                    batches = try await probe.list("interop:batches")
                        .map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) }
                    return stamps.count + batches.joined().count >= 600
                }
                try await probe.waitUntilDrained("mailers")
                #expect(stamps.map { String($0[0]) }.sorted() == names.sorted())
                #expect(batches.joined().sorted() == names.sorted())
                #expect(batches.allSatisfy { (1...10).contains($0.count) })
                #expect(Set(stamps.map { $0[1] }).count == 3)
                #expect((1...40).contains(mostSlots))
                // A stamp is written after the start it tells of, later on a machine that has more to do.
                let times = stamps.compactMap { Int($0[2]) }.sorted()
                print("\(batches.count) batches; at most \(most(in: 500_000, times)) stamps in a window")
                #expect(most(in: 440_000, times) <= 100)

                let facts = try JSONValue(parsing: Array(try await control(server, "facts").utf8))
                // The worker has a limit of its own for LimitedJob beside those of the pipeline.
                let limits = facts["limits"]?.array?.filter { $0["key"]?.string?.hasPrefix("ses") ?? false } ?? []
                #expect(limits.compactMap { $0["key"]?.string } == ["ses", "ses:slots"])
                #expect(limits.compactMap { $0["slots"] } == [0, 0])
                #expect(facts["pauses"]?["pipelines"] == [])
                #expect(facts["processes"]?.array?.count == 3)
            }
        }
    }
}
