import FlumeRedis
import Foundation
import TestSupport
import Testing

/// What `ps` shows of a program, and what the program says of it.
@Suite("Passwords and the command line")
struct CommandLineSecretTests {
    /// The path of an executable of this package.
    private func built(_ name: String) -> String {
        (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/" + name
    }

    @Test("a worker that reads its URL from the environment or a file shows no password to ps, and logs none")
    func environment() async throws {
        let server = try await RedisServer.start(tcp: true, password: "marker0815")
        let directory = try TemporaryDirectory()
        let url = server.tcpURL()
        try "\(url)\n".write(toFile: directory.file("url"), atomically: true, encoding: .utf8)
        for variables in [["REDIS_URL": url], ["REDIS_URL_FILE": directory.file("url")]] {
            let worker = try ChildProcess.spawn(
                built("interop-worker"),
                ["--log-level", "trace", "--identity-file", directory.file("identity")],
                environment: ["REDIS_URL": "", "REDIS_URL_FILE": ""].merging(variables) { $1 },
                output: directory.path, name: "worker")
            try await eventually("it runs; \(worker.errorOutput)") {
                FileManager.default.fileExists(atPath: directory.file("identity"))
            }
            let arguments = try Data(contentsOf: URL(filePath: "/proc/\(worker.processID)/cmdline"))
            #expect(!String(decoding: arguments, as: UTF8.self).contains("marker0815"))
            worker.signal(SIGTERM)
            #expect(await worker.exit() == .status(0))
            #expect(!(worker.output + worker.errorOutput).contains("marker0815"))
            try FileManager.default.removeItem(atPath: directory.file("identity"))
        }
        await server.stop()
        directory.remove()
    }

    @Test(
        "a password on the command line is warned of, and neither the warning nor an error repeats it",
        arguments: ["interop-worker", "flume-control"])
    func warning(program: String) async throws {
        let directory = try TemporaryDirectory()
        let arguments = ["flume-control": ["facts"]]
        let child = try ChildProcess.spawn(
            built(program),
            (arguments[program] ?? []) + ["--redis", "redis://:marker0815@127.0.0.1:1"], output: directory.path)
        #expect(await child.exit() == .status(1))
        #expect(child.errorOutput.contains("REDIS_URL_FILE"), "\(child.errorOutput)")
        #expect(child.errorOutput.contains("127.0.0.1:1"))
        #expect(!(child.output + child.errorOutput).contains("marker0815"))
        directory.remove()
    }
}
