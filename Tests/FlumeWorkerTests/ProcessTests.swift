import FlumeRedis
import FlumeWire
import Foundation
import TestSupport
import Testing

/// The interop worker as a process of its own.
struct WorkerProcess: Sendable {
    let child: ChildProcess
    let identityFile: String

    static func start(
        _ name: String, on server: RedisServer, concurrency: Int = 5, _ arguments: [String] = [], mayDie: Bool = false
    ) async throws -> WorkerProcess {
        let identityFile = server.directory.file("\(name).identity")
        let child = try ChildProcess.spawn(
            // The executable is built beside the test bundle.
            (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/" + executable,
            [
                "--redis", server.url(), "--concurrency", "\(concurrency)", "--heartbeat", "0.2", "--log-level",
                "notice",
                "--identity-file", identityFile,
            ] + arguments, output: server.directory.path, name: name)
        let process = WorkerProcess(child: child, identityFile: identityFile)
        try await eventually("\(name) is ready") {
            if mayDie, !child.isRunning { return true }
            guard child.isRunning else { throw TestSupportError("it ended: \(child.output)\(child.errorOutput)") }
            return process.identity != nil
        }
        return process
    }

    /// Goes on after SIGSTOP, and returns when it knows that its jobs were recovered: it has another identity then.
    func resume(watching probe: RedisProbe) async throws {
        let old = identity ?? ""
        child.signal(SIGCONT)
        try await eventually("it knows that it was given up", timeout: .seconds(30)) {
            let processes = try await probe.set("flume:processes")
            return processes.count == 2 && !processes.contains(old)
        }
    }

    private static let executable = "interop-worker"

    var identity: String? { try? String(contentsOfFile: identityFile, encoding: .utf8) }
}

@Suite("Real processes")
struct ProcessTests {
    private func withRedis(_ body: (RedisServer, RedisProbe) async throws -> Void) async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            do {
                try await body(server, probe)
            } catch {
                // The folder is gone with the server: what the processes said is all there is to learn from.
                throw TestSupportError("\(error)\n\(said(in: server.directory.path))")
            }
            await probe.client.close()
        }
    }

    private func said(in folder: String) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".out") || $0.hasSuffix(".err") }.sorted().map { name in
            let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
            return "--- \(name)\n\(text.suffix(3000))"
        }.joined(separator: "\n")
    }

    private func seconds(since start: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    @Test("after kill -9 with jobs in flight another process runs all of them within 30 s")
    func kill() async throws {
        try await withRedis { server, probe in
            let jobs = (0..<20).map { "k\($0)" }
            try await probe.enqueue(jobs.map { job("SleepJob", $0, args: "[0.5]") }, to: "default")
            let first = try await WorkerProcess.start("first", on: server, concurrency: 10)
            let identity = try #require(first.identity)
            try await eventually("ten have started") { try await probe.list("interop:started").count >= 10 }
            first.child.signal(SIGKILL)
            #expect(await first.child.exit() == .signal(SIGKILL))
            let inflight = try await probe.hash("flume:inflight:\(identity)").count
            #expect(inflight > 0)
            let start = ContinuousClock.now
            let second = try await WorkerProcess.start("second", on: server, concurrency: 10)
            try await eventually("all have finished", timeout: .seconds(40)) {
                try await Set(probe.list("interop:finished")).count == 20
            }
            #expect(seconds(since: start) < 30)
            try await probe.waitUntilDrained()
            #expect(try await Set(probe.list("interop:finished")) == Set(jobs))
            second.child.signal(SIGTERM)
            #expect(await second.child.exit() == .status(0))
        }
    }

    @Test("a job that traps ends in the dead set after three deaths, while its neighbours run")
    func crash() async throws {
        try await withRedis { server, probe in
            try await probe.enqueue([job("CrashJob", "crash")], to: "default")
            var deaths = 0
            while try await probe.number("ZCARD", "dead") == 0, deaths < 7 {
                let worker = try await WorkerProcess.start(
                    "worker\(deaths)", on: server, ["--lease", "3"], mayDie: true)
                try await probe.enqueue([job("EchoJob", "echo\(deaths)")], to: "default")
                let died = Task { await worker.child.exit() }
                try await eventually("it dies or the job does", timeout: .seconds(45)) {
                    guard worker.child.isRunning else { return true }
                    return try await probe.number("ZCARD", "dead") == 1
                }
                if worker.child.isRunning {
                    try await probe.waitUntilDrained()
                    worker.child.signal(SIGTERM)
                    #expect(await died.value == .status(0))
                } else {
                    deaths += 1
                }
            }
            // A neighbour that a slow machine had in flight at three deaths too is as suspect: then there are up to three
            // more (SuspectRule).
            #expect((3...6).contains(deaths))
            #expect(try await probe.number("ZCARD", "dead") == 1)
            let payload = try JobPayload(parsing: Array(try #require(await probe.members("dead").first).utf8))
            #expect(payload.jid == "crash" && payload["error_class"] == "WorkerDiedError")
            let echoed = try await probe.list("interop:echo")
            for index in 0...deaths { #expect(echoed.contains { $0.contains("\"echo\(index)\"") }, "\(echoed)") }
        }
    }

    @Test("handlers that block every thread for longer than the lease do not lose it: each job runs once")
    func spin() async throws {
        try await Machine.alone {
            try await withRedis { server, probe in
                let count = ProcessInfo.processInfo.activeProcessorCount
                let first = try await WorkerProcess.start(
                    "first", on: server, concurrency: count + 2, ["--lease", "3"])
                try await probe.enqueue((0..<count + 2).map { job("SpinJob", "s\($0)", args: "[6]") }, to: "default")
                try await eventually("every thread spins") { try await probe.list("interop:started").count >= count }
                let second = try await WorkerProcess.start("second", on: server, ["--lease", "3"])
                try await eventually("all have finished", timeout: .seconds(90)) {
                    try await probe.list("interop:finished").count >= count + 2
                }
                try await probe.waitUntilDrained()
                #expect(try await probe.list("interop:started").sorted() == (0..<count + 2).map { "s\($0)" }.sorted())
                for worker in [first, second] { worker.child.signal(SIGTERM) }
                for worker in [first, second] { #expect(await worker.child.exit() == .status(0)) }
            }
        }
    }

    @Test("TERM lets short jobs finish, puts long ones back at the front, and exits 0 in time")
    func term() async throws {
        try await withRedis { server, probe in
            let worker = try await WorkerProcess.start(
                "worker", on: server, concurrency: 3, ["--shutdown-timeout", "2"])
            let long = job("SleepJob", "long", args: "[60]")
            try await probe.enqueue(
                [
                    long, job("SleepJob", "short", args: "[0.3]"), job("SleepJob", "longer", args: "[61]"),
                    job("EchoJob", "waits"),
                ],
                to: "default")
            try await eventually("three have started") { try await probe.list("interop:started").count == 3 }
            let start = ContinuousClock.now
            worker.child.signal(SIGTERM)
            #expect(await worker.child.exit() == .status(0))
            #expect(seconds(since: start) < 10)
            #expect(try await probe.list("interop:finished") == ["short"])
            #expect(
                try await probe.queue("default") == [
                    long, job("SleepJob", "longer", args: "[61]"), job("EchoJob", "waits"),
                ])
            #expect(try await probe.set("flume:processes").isEmpty)
            #expect(try await probe.set("processes").isEmpty)
        }
    }

    @Test(
        "a second TERM exits at once, and what ran is still in the record", arguments: [[], ["--service-group"]])
    func secondTerm(arguments: [String]) async throws {
        try await withRedis { server, probe in
            let worker = try await WorkerProcess.start("worker", on: server, arguments)
            try await probe.enqueue([job("SleepJob", "s", args: "[60]")], to: "default")
            try await eventually("it has started") { try await probe.list("interop:started").count == 1 }
            worker.child.signal(SIGTERM)
            try await eventually("it is stopping") { worker.child.output.contains("stopping") }
            let start = ContinuousClock.now
            worker.child.signal(SIGTERM)
            #expect(await worker.child.exit() == .status(1))
            #expect(seconds(since: start) < 3)
            #expect(try await probe.inflight() == [job("SleepJob", "s", args: "[60]")])
        }
    }

    @Test("numbers that no time can be fail their job, or are refused as an option, and end no process")
    func oddSeconds() async throws {
        try await withRedis { server, probe in
            let worker = try await WorkerProcess.start("worker", on: server)
            try await probe.enqueue(
                ["SleepJob", "SnoozeJob", "SpinJob"].map { job($0, "odd-\($0)", args: "[1e30]") }
                    + [job("SleepJob", "negative", args: "[-1]")], to: "default")
            let failed = try await probe.wait(for: 4, in: "retry")
            #expect(failed.allSatisfy { $0.contains("is no number of seconds") }, "\(failed)")
            worker.child.signal(SIGTERM)
            #expect(await worker.child.exit() == .status(0))
            for option in ["--lease", "--heartbeat", "--shutdown-timeout"] {
                let refused = try await WorkerProcess.start("refused", on: server, [option, "nan"], mayDie: true)
                #expect(await refused.child.exit() != .status(0))
                #expect(refused.child.errorOutput.contains("\(option) nan"), "\(refused.child.errorOutput)")
            }
        }
    }

    @Test("an identity file that cannot be written ends the worker with a sentence that says so")
    func identityFile() async throws {
        try await withRedis { server, _ in
            let worker = try await WorkerProcess.start(
                "worker", on: server, ["--identity-file", "/no/such/folder/identity"], mayDie: true)
            #expect(await worker.child.exit() == .status(1))
            #expect(worker.child.output.contains("/no/such/folder/identity"), "\(worker.child.output)")
        }
    }

    @Test("TSTP quiets, TTIN tells what is running, INT stops")
    func otherSignals() async throws {
        try await withRedis { server, probe in
            let worker = try await WorkerProcess.start("worker", on: server)
            let identity = try #require(worker.identity)
            #expect(identity.contains(":\(worker.child.processID):"))
            try await probe.enqueue([job("SleepJob", "running", args: "[1]")], to: "default")
            try await eventually("it has started") { try await probe.list("interop:started").count == 1 }
            worker.child.signal(SIGTTIN)
            try await eventually("it tells") { worker.child.output.contains("flume.jid=running") }
            worker.child.signal(SIGTSTP)
            try await eventually("it is quiet") { try await probe.hash(identity)["quiet"] == "true" }
            try await probe.enqueue([job("EchoJob", "not now")], to: "default")
            try await eventually("the running one finishes") { try await probe.list("interop:finished").count == 1 }
            worker.child.signal(SIGINT)
            #expect(await worker.child.exit() == .status(0))
            #expect(try await probe.queue("default") == [job("EchoJob", "not now")])
        }
    }
}
