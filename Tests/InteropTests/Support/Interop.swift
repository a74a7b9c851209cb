import FlumeWire
import Foundation
import Synchronization
import TestSupport

/// One Redis database, and the programs of both runtimes on it.
struct Interop: Sendable {
    let database: TestDatabase
    let directory: TemporaryDirectory

    var url: String { database.server.tcpURL(database: database.number) }

    /// What a program printed; it must have ended well.
    @discardableResult
    func run(_ command: [String]) async throws -> String {
        let name = "run-\(UUID().uuidString)"
        let child = try ChildProcess.spawn(
            command[0], Array(command.dropFirst()), output: directory.path, name: name)
        let exit = await child.exit()
        guard exit == .status(0) else {
            throw TestSupportError("\(command.joined(separator: " ")): \(exit) \(child.errorOutput.suffix(2_000))")
        }
        return child.output
    }

    /// Enqueues from a runtime's command line.
    ///
    /// - Returns: The jids, in order.
    func enqueue(
        from runtime: Runtime, _ jobClass: String, _ arguments: String = "[]", queue: String = "default",
        _ more: String...
    ) async throws -> [String] {
        let options = ["--redis", url, "--class", jobClass, "--args", arguments, "--queue", queue] + more
        return try await run(runtime.producer(options)).split(separator: "\n").map(String.init)
    }

    /// Runs a worker until the body returns, then stops it with SIGTERM.
    func withWorker<Result>(
        _ runtime: Runtime, queues: String = "default", concurrency: Int = 2, shutdownTimeout: Int = 5,
        routes: String? = nil, more: [String] = [],
        _ body: (WorkerProcess) async throws -> Result
    ) async throws -> Result {
        let identityFile = directory.file("identity-\(UUID().uuidString)")
        let command = runtime.worker(
            [
                "--redis", url, "--queues", queues, "--concurrency", "\(concurrency)",
                "--shutdown-timeout", "\(shutdownTimeout)", "--identity-file", identityFile,
            ] + (runtime == .swift ? ["--heartbeat", "2", "--metrics", "sidekiq7"] : [])
                + (routes.map { ["--routes", $0] } ?? []) + more)
        let child = try ChildProcess.spawn(
            command[0], Array(command.dropFirst()), output: directory.path,
            name: "\(runtime.rawValue)-\(UUID().uuidString)")
        do {
            try await eventually("the \(runtime) worker is ready", timeout: .seconds(60)) {
                guard child.isRunning else { throw TestSupportError("the worker ended") }
                return FileManager.default.fileExists(atPath: identityFile)
            }
            let identity = try String(contentsOfFile: identityFile, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let result = try await body(WorkerProcess(child: child, identity: identity))
            child.signal(SIGTERM)
            _ = await child.exit()
            return result
        } catch {
            child.signal(SIGKILL)
            _ = await child.exit()
            let said = "\(child.output.suffix(2_000)) \(child.errorOutput.suffix(2_000))"
            throw TestSupportError("\(error)\nthe \(runtime) worker said: \(said)")
        }
    }

    /// Each page of Sidekiq's Web UI; every one must be a 200.
    func pages() async throws -> Pages {
        let json = try await run(Ruby.command("pages.rb", ["--redis", url]))
        return try JSONDecoder().decode(Pages.self, from: Data(json.utf8))
    }

    /// Presses a button of Sidekiq's Web UI: see `interop/ruby/ui_actions.rb`.
    func press(_ action: String...) async throws {
        try await run(Ruby.command("ui_actions.rb", ["--redis", url] + action))
    }
}

/// A worker that is ready.
struct WorkerProcess: Sendable {
    let child: ChildProcess
    let identity: String
}

/// Runs a test with an empty database and a directory for what its programs print.
func withInterop(_ body: (Interop) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try await withTestDatabase { database in
        try await body(Interop(database: database, directory: directory))
    }
}
