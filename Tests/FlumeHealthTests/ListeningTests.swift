import FlumeWorker
import Foundation
import TestSupport
import Testing

@testable import FlumeHealth

@Suite("Where a health endpoint listens")
struct ListeningTests {
    private func withFolder(_ body: (TemporaryDirectory) async throws -> Void) async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        try await body(folder)
    }

    private func failure(at address: HealthAddress) async -> String {
        do {
            try await withEndpoint(at: address, health: healthyWorker) { _ in }
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test("a Unix socket answers as a port does, and its file is gone afterwards")
    func socket() async throws {
        try await withFolder { folder in
            let address = HealthAddress.unix(path: folder.file("health.sock"))
            try await withEndpoint(at: address, health: healthyWorker) { real in
                #expect(real == address)
                let answer = try await HTTPCall.get("/live", at: address)
                #expect(answer.status == 200)
            }
            #expect(!FileManager.default.fileExists(atPath: folder.file("health.sock")))
        }
    }

    @Test("the file of a dead process is replaced")
    func stale() async throws {
        try await withRedisServer { server in
            // A killed server leaves its socket behind.
            await server.kill()
            let address = HealthAddress.unix(path: server.socketPath)
            #expect(FileManager.default.fileExists(atPath: server.socketPath))
            try await withEndpoint(at: address, health: healthyWorker) { _ in
                let answer = try await HTTPCall.get("/live", at: address)
                #expect(answer.status == 200)
            }
        }
    }

    @Test("the socket of a living process, and a file that is none, are left alone")
    func taken() async throws {
        try await withFolder { folder in
            let address = HealthAddress.unix(path: folder.file("health.sock"))
            try await withEndpoint(at: address, health: healthyWorker) { _ in
                #expect(await failure(at: address).contains("another program listens there"))
                let answer = try await HTTPCall.get("/live", at: address)
                #expect(answer.status == 200)
            }
            let file = folder.file("file")
            try "text".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(await failure(at: .unix(path: file)).contains("no socket"))
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "text")
            #expect(await failure(at: .unix(path: folder.file("none/a.sock"))).contains("no such folder"))
            let long = String(repeating: "x", count: 200)
            #expect(await failure(at: .unix(path: folder.file(long))).contains("cannot listen on"))
        }
    }

    @Test("a file that another process has put in place of ours stays")
    func replaced() async throws {
        try await withFolder { folder in
            let path = folder.file("health.sock")
            try await withEndpoint(at: .unix(path: path), health: healthyWorker) { _ in
                try FileManager.default.removeItem(atPath: path)
                try "another".write(toFile: path, atomically: true, encoding: .utf8)
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "another")
        }
    }

    @Test("the socket that another process has put in place of ours stays, and is answered on")
    func replacedByListener() async throws {
        try await withFolder { folder in
            let address = HealthAddress.unix(path: folder.file("health.sock"))
            let (leaving, leave) = AsyncStream<Void>.makeStream()
            let (removed, isRemoved) = AsyncStream<Void>.makeStream()
            let first = Task {
                try await withEndpoint(at: address, health: healthyWorker) { _ in
                    try FileManager.default.removeItem(atPath: folder.file("health.sock"))
                    isRemoved.yield()
                    for await _ in leaving { break }
                }
            }
            for await _ in removed { break }
            try await withEndpoint(at: address, health: healthyWorker) { _ in
                leave.yield()
                try await first.value
                let answer = try await HTTPCall.get("/live", at: address)
                #expect(answer.status == 200)
            }
            #expect(!FileManager.default.fileExists(atPath: folder.file("health.sock")))
        }
    }

    @Test("a port that is taken, or an address that is not ours, is an error in plain words")
    func port() async throws {
        try await withEndpoint(health: healthyWorker) { address in
            #expect(
                await failure(at: address)
                    == "the health endpoint cannot listen on \(address): "
                    + "another program listens there; end it, or choose another port")
        }
        #expect(await failure(at: .tcp(host: "192.0.2.1", port: 9394)).contains("no such address"))
    }
}
