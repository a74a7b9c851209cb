import FlumeRedis
import FlumeWorker
import Foundation
import TestSupport
import Testing

@Suite("The health of a real process")
struct HealthProcessTests {
    private func spawn(_ server: RedisServer, _ arguments: String..., name: String = "worker") throws -> ChildProcess {
        try ChildProcess.spawn(
            // The executable is built beside the test bundle.
            (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/interop-worker",
            ["--redis", server.url(), "--log-level", "notice"] + arguments, output: server.directory.path, name: name)
    }

    @Test("handlers that spin on every thread of the pool keep neither /live nor /metrics from answering")
    func blockedPool() async throws {
        try await Machine.alone {
            try await withRedisServer { server in
                let probe = try RedisProbe(url: server.url())
                let address = HealthAddress.unix(path: server.directory.file("health.sock"))
                let child = try spawn(server, "--health", "\(address)", "--concurrency", "64")
                try await eventually("it is ready") {
                    (try? await HTTPCall.get("/ready", at: address).status) == 200
                }
                let cores = ProcessInfo.processInfo.activeProcessorCount
                try await probe.enqueue(
                    (0..<(cores + 2)).map { job("SpinJob", "\($0)", args: "[60]") }, to: "default")
                // Each begins with a command to Redis; then those that have a thread keep it.
                try await eventually("they have every thread") {
                    try await probe.list("interop:started").count >= cores
                }
                for _ in 0..<10 {
                    #expect(try await HTTPCall.get("/live", at: address).status == 200)
                    #expect(try await HTTPCall.get("/ready", at: address).status == 200)
                    let body = try await HTTPCall.get("/metrics", at: address).body
                    #expect(body.contains("flume_jobs_busy{pipeline=\"default\"} \(cores + 2)"), "\(body)")
                }
                child.signal(SIGKILL)
                _ = await child.exit()
                await probe.client.close()
            }
        }
    }

    @Test("a port that is taken ends the process with an error that names it; TERM ends both and removes the socket")
    func endings() async throws {
        try await withRedisServer(tcp: true) { server in
            let port = try #require(server.port)
            let loser = try spawn(server, "--health", "\(port)", name: "loser")
            #expect(await loser.exit() == .status(1))
            #expect(loser.errorOutput.contains("cannot listen on 127.0.0.1:\(port): another program listens there"))

            let path = server.directory.file("health.sock")
            let child = try spawn(server, "--health", path)
            try await eventually("it is ready") {
                (try? await HTTPCall.get("/ready", at: .unix(path: path)).status) == 200
            }
            child.signal(SIGTERM)
            #expect(await child.exit() == .status(0), "\(child.output)\(child.errorOutput)")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
