import Flume
import FlumeCron
import FlumeRedis
import FlumeWorker
import Foundation
import Glibc
import Logging
import TestSupport

/// One run of a station on a database of its own: what it begins with, who is killed, who comes after, and what is left.
struct CrashSite: Sendable {
    /// What is to happen to the victim.
    enum Fate: Sendable {
        /// Nothing; it writes down what it passes.
        case spared(trace: String?)
        /// It is killed where it passes a point.
        case killed(at: String)
    }

    /// Whether nothing waits, is due, is parked, or is in flight.
    static let drained = """
        local n = redis.call('ZCARD', 'retry') + redis.call('ZCARD', 'schedule')
        for _, q in ipairs(redis.call('SMEMBERS', 'queues')) do n = n + redis.call('LLEN', 'queue:' .. q) end
        for _, p in ipairs(redis.call('SMEMBERS', 'flume:processes')) do
          n = n + redis.call('HLEN', 'flume:inflight:' .. p)
        end
        for _, key in ipairs(redis.call('KEYS', 'flume:parked:*')) do
          if redis.call('TYPE', key).ok == 'list' then n = n + redis.call('LLEN', key) end
        end
        return n
        """

    let station: CrashStation
    let server: RedisServer
    /// The number of its database, and its name in files.
    let number: Int
    let probe: RedisProbe
    private let url: String
    /// Where the victim finds Redis.
    private let victimURL: String
    private let directory: String

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - station: what is run.
    ///   - server: where.
    ///   - number: the database.
    ///   - proxy: what the victim reaches Redis through, if not directly.
    /// - Throws: when there is no place for its files.
    init(_ station: CrashStation, on server: RedisServer, number: Int, through proxy: FaultProxy? = nil) throws {
        self.station = station
        self.server = server
        self.number = number
        url = server.url(database: number)
        victimURL = proxy?.url(database: number) ?? url
        probe = try RedisProbe(url: url)
        directory = server.directory.file("site-\(number)")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Fills the database and lets the victim meet its fate.
    ///
    /// - Parameters:
    ///   - fate: what becomes of the victim.
    ///   - linger: how long it goes on when its work is done.
    /// - Returns: how the victim ended.
    /// - Throws: ``TestSupportError`` when it comes to no end.
    func run(_ fate: Fate, lingering linger: Duration = .zero) async throws -> ChildProcess.Exit {
        try await station.seed(CrashSeeder(probe: probe, ledger: LedgerWriter(path: "\(directory)/seed.ledger")))
        return try await start(fate, lingering: linger)
    }

    /// Starts a victim on what is there.
    ///
    /// - Returns: how it ended.
    /// - Throws: ``TestSupportError`` when it comes to no end.
    func start(_ fate: Fate, lingering linger: Duration = .zero) async throws -> ChildProcess.Exit {
        var environment = ["SWIFT_BACKTRACE": "enable=no"]
        switch fate {
        case .spared(let trace): environment["FLUME_FAULT_TRACE"] = trace
        case .killed(let point): environment["FLUME_FAULT_POINT"] = point
        }
        let victim = try ChildProcess.spawn(
            LabPrograms.own,
            ["victim", "--station", station.name, "--redis", victimURL, "--ledger", "\(directory)/victim.ledger"],
            environment: environment, output: directory, name: "victim")
        do {
            return try await end(of: victim, lingering: linger)
        } catch {
            victim.signal(SIGKILL)
            throw error
        }
    }

    /// What the victim has said.
    var lastWords: String {
        ["victim.out", "victim.err"].map {
            String(decoding: FileManager.default.contents(atPath: "\(directory)/\($0)") ?? Data(), as: UTF8.self)
                .suffix(1500)
        }.joined(separator: "\n")
    }

    /// Waits for the end of a victim, which is told to stop so long after its work is done.
    private func end(of victim: ChildProcess, lingering linger: Duration) async throws -> ChildProcess.Exit {
        var isTold = false
        var done: ContinuousClock.Instant?
        try await eventually("the victim ends", timeout: .seconds(60), every: .milliseconds(10)) {
            guard victim.isRunning else { return true }
            if done == nil, try await hasDoneItsWork() { done = .now }
            if !isTold, let done, done.duration(to: .now) >= linger {
                isTold = true
                victim.signal(SIGTERM)
            }
            return false
        }
        return await victim.exit()
    }

    private func hasDoneItsWork() async throws -> Bool {
        switch station.victim {
        case .worker: try await isDrained()
        case .stoppedWorker(let count): ledger.runs.count >= count
        case .producer, .cron: false
        }
    }

    private func isDrained() async throws -> Bool { try await probe.number("EVAL", Self.drained, "0") == 0 }

    /// Another worker does what is left to do, until nothing is there of the first.
    ///
    /// - Throws: ``TestSupportError`` when there still is something after a while.
    func rescue() async throws {
        let ledger = try LedgerWriter(path: "\(directory)/rescuer.ledger")
        let client = RedisClient(try RedisConfiguration(url: url), logger: Self.silent)
        var station = station
        if station.needsRescue { station.pipeline = CrashStation.all[0].pipeline }
        let (identities, continuation) = AsyncStream<String>.makeStream()
        let worker = Worker.ofStation(
            station, on: client, RunRecorder(ledger: ledger, nonce: "rescuer"), isVictim: false, Self.silent
        ) { continuation.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await worker.run()
            }
            defer { worker.stop() }
            var identity = ""
            for await first in identities {
                identity = first
                break
            }
            if case .cron = station.victim {
                let jobs = JobClient(redis: client, middleware: [AttemptRecorder(ledger: ledger)])
                try await CronService.keepTime(of: CrashStation.schedule(), jobs, Self.silent)
            }
            try await eventually("everything is done and nothing is left of the dead", timeout: .seconds(30)) {
                guard try await isDrained() else { return false }
                return try await probe.set("flume:processes") == [identity]
            }
        }
        await client.close()
    }

    private static let silent = Logger(label: "rescuer") { _ in SwiftLogNoOpLogHandler() }

    /// Whether a process is still registered.
    func hasNames() async throws -> Bool { try await !probe.set("flume:processes").isEmpty }

    /// Queues with jobs that are not in the set of queues: a reader may see a name without its list, never a list without
    /// its name.
    func unnamedQueues() async throws -> Set<String> {
        let lists = try await probe.send("KEYS", "queue:*").array?.compactMap(\.string) ?? []
        return try await Set(lists.map { String($0.dropFirst(6)) }).subtracting(probe.set("queues"))
    }

    /// What all have written down.
    var ledger: Ledger { Ledger(files: ["seed", "victim", "rescuer"].map { "\(directory)/\($0).ledger" }) }

    /// Empties the database for the next.
    func clear() async throws {
        try await probe.send("FLUSHDB")
        await probe.client.close()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
