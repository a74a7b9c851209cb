import Glibc
import TestSupport

/// F3: SIGSTOP for much longer than the lease, then SIGCONT, as a virtual machine that was paused.
struct SuspendWorker: Scenario {
    let number = "F3"
    let name = "SIGSTOP past the lease, SIGCONT"
    let canRunRuby = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let sleep = JobMix(jobClass: "LabSleep", arguments: "[0.4]", weight: 3)
        let producer = try lab.startProducer(.init(rate: 20, jobs: [JobMix(jobClass: "LabQuick"), sleep]))
        let sleeper = try await lab.startWorker("sleeper")
        let other = try await lab.startWorker("other")
        lab.expectRecovery(within: .seconds(lab.form == .short ? 15 : 30))
        let before = try await lab.undisturbed()
        try await lab.wait("both work, the sleeper on jobs of some length", within: .seconds(60)) { ledger in
            let runs = ledger.runs
            return runs.contains { $0.nonce == other.nonce }
                && runs.count { $0.nonce == "sleeper" && $0.how == nil } > 1
        }
        var interrupted: Set<String> = []
        try await lab.suspend(sleeper) {
            let suspended = monotonicNanoseconds()
            interrupted = Set(lab.ledger.runs.filter { $0.nonce == "sleeper" && $0.how == nil }.map(\.jid))
            let start = ContinuousClock.now
            // What Sidekiq has taken waits for that process to wake.
            if lab.runtime == .swift {
                let interrupted = interrupted
                try await lab.wait("the other one has done the sleeper's jobs", within: .seconds(lab.lease * 3 + 20)) {
                    ledger in
                    interrupted.isSubset(of: ledger.done)
                }
            }
            // Nobody may believe in it any more when it wakes.
            try await Task.sleep(until: start + .seconds(lab.form == .short ? lab.lease * 3 : 90))
            lab.expect(
                NeighbourExpectation(
                    nonce: other.nonce, span: suspended..<monotonicNanoseconds(), pause: 5_000_000_000))
        }
        try await lab.expectWork(within: .seconds(10), after: monotonicNanoseconds(), as: before)
        if lab.runtime == .swift {
            try await lab.wait("the sleeper notices that it was buried and works on", within: .seconds(30)) { ledger in
                ledger.runs.contains { $0.nonce == "sleeper" && $0.fence > 0 && $0.isDone }
            }
            lab.expect(
                sleeper.child.output.contains("was taken for dead"),
                "the sleeper did not say that it was taken for dead")
            let lost = try await sleeper.metric("flume_leases_lost_total")
            lab.expect(lost == 1, "the sleeper counts \(lost) lost leases")
            let recovered = try await other.metric("flume_jobs_recovered_total")
            lab.expect(
                recovered >= interrupted.count,
                "the other one counts \(recovered) recovered jobs, \(interrupted.count) were interrupted")
        }
        try await producer.stop()
        try await lab.drain()
        let ledger = lab.ledger
        let twice = ledger.runs.filter { run in
            run.nonce == "sleeper" && run.isDone
                && ledger.runsOfJob[run.jid]?.contains { $0.nonce == "other" && $0.isDone } == true
        }
        // Those were done twice, which nobody can prevent; but they were settled once.
        let left = try await lab.probe.members("retry") + lab.probe.members("dead")
        lab.expect(left.isEmpty, "\(twice.count) jobs were done twice, and something is left: \(left)")
    }
}
