import FlumeRedis
import Foundation
import Glibc
import Synchronization
import TestSupport

/// What a scenario works with: a Redis of its own, processes to hurt, and a ledger outside of Redis.
final class Lab: Sendable {
    /// What has happened and what is wanted so far.
    struct State {
        var random: SeededGenerator
        var faults: [Fault] = []
        var workers: [LabWorker] = []
        var producers: [LabProducer] = []
        var producersStarted = 0
        var ledgers: [String] = []
        var failures: [String] = []
        var parts: [ScenarioReport] = []
        var progress: [ProgressExpectation] = []
        var neighbours: [NeighbourExpectation] = []
        var foreign: Set<String> = []
        var mayFailUnrun: Set<String> = []
        var judgesCounters = true
        var judgesMetrics = false
        var recoveryLimit: Duration?
        var keepsLeases = false
        var notice: Duration?
        var mayBeLost: Set<String> = []
    }

    let form: Form
    let seed: UInt64
    /// What runs the jobs where a scenario does not say.
    let runtime: WorkerRuntime
    let server: RedisServer
    let probe: RedisProbe
    /// The server's clock, in scenarios that move it.
    let redisClock: LabClock?
    let state: Mutex<State>

    init(form: Form, seed: UInt64, runtime: WorkerRuntime, server: RedisServer, redisClock: LabClock?) throws {
        self.form = form
        self.seed = seed
        self.runtime = runtime
        self.server = server
        self.redisClock = redisClock
        probe = try RedisProbe(url: server.url())
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    /// Seconds a lease lasts: the product's 10 s in the long form, 2 s in the short one.
    var lease: Double { form == .long ? 10 : 2 }

    /// Where the ledgers and the processes' output are.
    var directory: TemporaryDirectory { server.directory }

    /// A random number, from the seed alone.
    func random(in range: ClosedRange<Int>) -> Int { state.withLock { .random(in: range, using: &$0.random) } }

    /// Picks one, by the seed alone.
    func random<Element>(of elements: [Element]) -> Element { elements[random(in: 0...elements.count - 1)] }

    // MARK: Processes

    /// Starts a worker process and waits until it fetches.
    ///
    /// - Parameters:
    ///   - nonce: its name in the ledger, used once.
    ///   - options: how it is to be.
    /// - Returns: the worker.
    /// - Throws: ``TestSupportError`` when it ends before it is ready.
    @discardableResult
    func startWorker(_ nonce: String, _ options: WorkerOptions = .init()) async throws -> LabWorker {
        let ledger = newLedger(nonce)
        let worker = LabWorker(
            nonce: nonce,
            child: try spawn(nonce, workerCommand(nonce, ledger, options)),
            identityFile: directory.file("\(nonce).identity"),
            healthSocket: (options.runtime ?? runtime) == .swift ? healthSocket(nonce) : nil)
        state.withLock { $0.workers.append(worker) }
        try await eventually("\(nonce) is ready", timeout: .seconds(60)) {
            if !worker.child.isRunning {
                if options.mayDie { return true }
                throw TestSupportError("\(nonce) ended: \(worker.child.output)\(worker.child.errorOutput)")
            }
            return worker.identity != nil
        }
        return worker
    }

    /// Starts a producer process.
    ///
    /// - Parameter options: what it enqueues.
    /// - Returns: the producer.
    /// - Throws: ``TestSupportError`` when it cannot be started.
    func startProducer(_ options: ProducerOptions = .init()) throws -> LabProducer {
        // Its jids come from it: no two may have the same, not even of two that start at the same time.
        let number = state.withLock { state in
            state.producersStarted += 1
            return state.producersStarted - 1
        }
        let ledger = newLedger("producer\(number)")
        let url = options.redisURL ?? (options.isRuby ? server.tcpURL() : server.url())
        var arguments = [
            "--redis", url, "--ledger", ledger, "--seed", "\(seed &+ UInt64(number))", "--rate", "\(options.rate)",
            "--queue", options.queue,
        ]
        if let count = options.count { arguments += ["--count", "\(count)"] }
        if let time = options.at { arguments += ["--at", "\(time)"] }
        for job in options.jobs { arguments += ["--job", job.text] }
        let program = options.isRuby ? LabPrograms.ruby("lab_producer.rb") : [LabPrograms.own, "producer"]
        let producer = LabProducer(child: try spawn("producer\(number)", options.prefix + program + arguments))
        state.withLock { $0.producers.append(producer) }
        return producer
    }

    /// Enqueues so many jobs and waits until Redis has them.
    ///
    /// - Throws: ``TestSupportError`` when the producer does not end well.
    func produce(_ count: Int, _ jobs: JobMix..., rate: Double = 1000, queue: String = "default") async throws {
        let mix = jobs.isEmpty ? [JobMix(jobClass: "LabQuick")] : jobs
        try await startProducer(.init(count: count, rate: rate, queue: queue, jobs: mix)).end()
    }

    /// Enqueues one payload that no producer would make, and writes it down as a producer does.
    ///
    /// - Throws: what the ledger or Redis throws.
    func enqueue(_ payload: String, jid: String, to queue: String = "default") async throws {
        try await write(payload, jid) { try await probe.enqueue([payload], to: queue) }
    }

    /// Schedules one payload for a moment in seconds since 1970, and writes it down as a producer does.
    ///
    /// - Throws: what the ledger or Redis throws.
    func schedule(_ payload: String, jid: String, at time: Double) async throws {
        try await write(payload, jid) { _ = try await probe.send("ZADD", "schedule", "\(time)", payload) }
    }

    private func write(_ payload: String, _ jid: String, _ body: () async throws -> Void) async throws {
        let ledger = try LedgerWriter(path: newLedger("own-\(jid)"))
        let written = payload.utf8.count < 4096 ? payload : ""
        try ledger.write(.attempted(jid: jid, at: monotonicNanoseconds(), payload: written))
        try await body()
        try ledger.write(.acknowledged(jid: jid, at: monotonicNanoseconds()))
    }

    private func workerCommand(_ nonce: String, _ ledger: String, _ options: WorkerOptions) -> [String] {
        let isRuby = (options.runtime ?? runtime) == .ruby
        var arguments = [
            "--redis", options.redisURL ?? (isRuby ? server.tcpURL() : server.url()), "--ledger", ledger,
            "--nonce", nonce, "--identity-file", directory.file("\(nonce).identity"), "--queues", options.queues,
            "--concurrency", "\(options.concurrency)", "--shutdown-timeout", "\(options.shutdownTimeout)",
        ]
        if isRuby { return options.prefix + LabPrograms.ruby("lab_worker.rb") + arguments }
        arguments += ["--lease", "\(options.lease ?? lease)", "--poison-limit", "\(options.poisonLimit)"]
        arguments += ["--limited", "\(options.limited)"]
        arguments += ["--health-socket", healthSocket(nonce)]
        if let silence = options.silence { arguments += ["--silence", "\(silence)"] }
        if let timeout = options.timeout { arguments += ["--timeout", "\(timeout)"] }
        return options.prefix + [LabPrograms.own, "worker"] + arguments + options.more
    }

    private func spawn(_ name: String, _ command: [String]) throws -> ChildProcess {
        try ChildProcess.spawn(
            command[0], Array(command.dropFirst()), environment: ["SWIFT_BACKTRACE": "enable=no"],
            output: directory.path, name: name)
    }

    private func healthSocket(_ nonce: String) -> String { directory.file("\(nonce).health") }

    private func newLedger(_ name: String) -> String {
        let path = directory.file("\(name).ledger")
        state.withLock { $0.ledgers.append(path) }
        return path
    }

    // MARK: Faults

    /// Says that a fault is about to happen.
    func record(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }

    /// `kill -9`.
    func kill(_ worker: LabWorker) async {
        let fault = begin(.killed, worker)
        worker.child.signal(SIGKILL)
        _ = await worker.child.exit()
        end(fault)
    }

    /// SIGSTOP, for as long as the body takes.
    ///
    /// - Throws: what the body throws.
    func suspend(_ worker: LabWorker, _ body: () async throws -> Void) async throws {
        let fault = begin(.suspended, worker)
        worker.child.signal(SIGSTOP)
        defer {
            worker.child.signal(SIGCONT)
            end(fault)
        }
        try await body()
    }

    /// Redis, its data or its answers are away for as long as the body takes.
    ///
    /// - Parameters:
    ///   - before: how much of what was acknowledged before it may be forgotten, and so may happen again.
    ///   - nonces: the workers that it is away for; nil: all.
    ///   - keepsLeases: whether it is over before anybody may lose a lease, and so explains nothing that is done twice.
    ///   - body: brings it about and heals it.
    /// - Throws: what the body throws.
    func outage(
        forgetting before: Duration = .zero, for nonces: [String]? = nil, keepsLeases: Bool = false,
        _ body: () async throws -> Void
    ) async throws {
        let from = monotonicNanoseconds() - UInt64(before / .nanoseconds(1))
        let victims = nonces?.map { Optional($0) } ?? [nil]
        let first = state.withLock { state in
            state.faults += victims.map { nonce in
                var fault = Fault(.cutOff, nonce, from: from)
                fault.keepsLeases = keepsLeases
                return fault
            }
            return state.faults.count - victims.count
        }
        defer {
            let now = monotonicNanoseconds()
            state.withLock { for index in first..<first + victims.count { $0.faults[index].until = now } }
        }
        try await body()
    }

    private func begin(_ kind: Fault.Kind, _ worker: LabWorker) -> Int {
        let fault = Fault(kind, worker.nonce, from: monotonicNanoseconds())
        return state.withLock { state in
            state.faults.append(fault)
            return state.faults.count - 1
        }
    }

    private func end(_ fault: Int) { state.withLock { $0.faults[fault].until = monotonicNanoseconds() } }

    /// SIGTERM, and waits for its end.
    @discardableResult
    func stop(_ worker: LabWorker) async -> ChildProcess.Exit {
        record(Fault(.stopped, worker.nonce, from: monotonicNanoseconds()))
        return await worker.stop()
    }

    // MARK: Looking

    /// All ledgers as they are now.
    var ledger: Ledger { Ledger(files: state.withLock { $0.ledgers }) }

    /// Waits until the ledgers say so; reading them all is work, so not too often.
    ///
    /// - Throws: ``TestSupportError`` after the limit.
    func wait(_ what: String, within limit: Duration = .seconds(30), _ condition: (Ledger) -> Bool) async throws {
        try await eventually(what, timeout: limit, every: .milliseconds(40)) { condition(ledger) }
    }

    /// The workers that are running.
    var running: [LabWorker] { state.withLock { $0.workers }.filter { $0.child.isRunning } }

    /// The faults so far.
    var faults: [Fault] { state.withLock { $0.faults } }

    /// Waits until nothing waits, is due, or is in flight.
    ///
    /// - Throws: ``TestSupportError`` after the limit.
    func drain(within limit: Duration = .seconds(60)) async throws {
        try await eventually("all jobs have run", timeout: limit, every: .milliseconds(50)) {
            try await probe.number("EVAL", CrashSite.drained, "0") == 0
        }
        guard runtime == .ruby else { return }
        // Ruby's jobs are nowhere while they run: only the ledger tells.
        let ledger = ledger
        try? await eventually("Ruby is at rest", timeout: .seconds(20), every: .milliseconds(50)) {
            let dead = Set(faults.compactMap(\.nonce))
            return self.ledger.runs.allSatisfy { $0.how != nil || dead.contains($0.nonce) }
                && self.ledger.runs.count >= ledger.runs.count
        }
    }

    // MARK: The end

    /// Ends all processes at once.
    func abandon() {
        let (workers, producers) = state.withLock { ($0.workers, $0.producers) }
        for child in workers.map(\.child) + producers.map(\.child) { child.signal(SIGKILL) }
    }

    /// The last words of each process, for a failure.
    var lastWords: String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return names.filter { $0.hasSuffix(".out") || $0.hasSuffix(".err") }.sorted().compactMap { name in
            let text = (try? String(contentsOfFile: directory.file(name), encoding: .utf8)) ?? ""
            return text.isEmpty ? nil : "--- \(name)\n\(text.suffix(1500))"
        }.joined(separator: "\n")
    }
}
