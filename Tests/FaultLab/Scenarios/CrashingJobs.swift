import FlumeWire
import Glibc
import TestSupport

/// F14: jobs that end their process by a trap, among healthy neighbours; a supervisor starts the workers again.
struct CrashingJobs: Scenario {
    let number = "F14"
    let name = "handlers that trap: poison"
    let canRunRuby = true
    let needsTCP = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        // Each way to crash has a queue and a worker of its own; the processes bury each other.
        lab.expectRecovery(within: .seconds(lab.form == .short ? 20 : 60))
        let crashes = lab.runtime == .ruby ? [Crash.fatal] : Crash.allCases
        for crash in crashes {
            let queue = crash.rawValue
            try await lab.produce(10, JobMix(jobClass: "LabSleep", arguments: "[0.3]"), queue: queue)
            try await lab.produce(
                1, JobMix(jobClass: "LabCrash", arguments: "[\"\(crash.rawValue)\"]"), queue: queue)
            try await lab.produce(10, JobMix(jobClass: "LabSleep", arguments: "[0.3]"), queue: queue)
        }
        try await lab.startWorker("bystander", options("other"))
        let mix = lab.runtime == .swift ? JobMix.everything : JobMix.usual
        let producer = try lab.startProducer(.init(rate: 20, queue: "other", jobs: mix))
        try await lab.waitForProgress(5)
        try await lab.neighbours("bystander", pause: .seconds(5)) {
            try await withThrowingTaskGroup { group in
                for crash in crashes { group.addTask { try await supervise(crash, lab) } }
                try await group.waitForAll()
            }
        }
        try await producer.stop()
        try await lab.drain(within: .seconds(60))
        try await lab.expectPages()
        let dead = try await lab.probe.members("dead").map { try JobPayload(parsing: Array($0.utf8)) }
        guard lab.runtime == .swift else { return }
        lab.expect(
            dead.map { $0.jobClass ?? "" } == crashes.map { _ in "LabCrash" },
            "the dead set holds \(dead.map { $0.jobClass ?? "" }), not the \(crashes.count) culprits alone")
        lab.expect(
            dead.allSatisfy { $0["error_class"]?.string == "WorkerDiedError" }, "a culprit does not say why it died")
        for crash in crashes {
            let deaths = lab.faults.count { $0.kind == .crashed && $0.nonce?.hasPrefix(crash.rawValue) == true }
            // Three, and more only while neighbours were in flight that had been there at all deaths too.
            lab.expect((3...6).contains(deaths), "\(crash) ended \(deaths) processes, not 3 to 6")
        }
    }

    private func options(_ queue: String) -> WorkerOptions {
        var options = WorkerOptions(concurrency: 12, queues: queue, limited: 2)
        options.poisonLimit = 3
        options.mayDie = true
        return options
    }

    /// Starts the worker of a queue whenever it has died, with a pause that doubles, until its healthy jobs are done.
    private func supervise(_ crash: Crash, _ lab: Lab) async throws {
        let queue = crash.rawValue
        var pause = Duration.milliseconds(100)
        for life in 1...8 {
            let worker = try await lab.startWorker("\(queue)\(life)", options(queue))
            try await eventually("the worker of \(queue) died, or all is done", timeout: .seconds(60)) {
                if !worker.child.isRunning { return true }
                return try await isOver(queue, lab)
            }
            guard !worker.child.isRunning else { return }
            let exit = await worker.child.exit()
            lab.record(Fault(.crashed, worker.nonce, from: monotonicNanoseconds()))
            lab.expect(
                lab.runtime == .ruby || [SIGILL, SIGTRAP, SIGSEGV].map { .signal($0) }.contains(exit),
                "\(crash) ended its process by \(exit)")
            try await Task.sleep(for: pause)
            pause *= 2
        }
    }

    private func isOver(_ queue: String, _ lab: Lab) async throws -> Bool {
        // Ruby's culprit is gone with its first process: nothing of it is left to wait for.
        let culprits =
            try await lab.runtime == .ruby ? 1 : lab.probe.members("dead").count { $0.contains("\"\(queue)\"") }
        let ledger = lab.ledger
        let healthy = ledger.enqueues.filter { $0.value.payload.contains("\"queue\":\"\(queue)\"") }.keys
        if lab.runtime == .ruby {
            return try await lab.probe.number("LLEN", "queue:\(queue)") == 0
                && ledger.runs.allSatisfy { $0.how != nil || lab.faults.map(\.nonce).contains($0.nonce) }
        }
        return culprits > 0 && healthy.count { !ledger.done.contains($0) } == 1
    }
}
