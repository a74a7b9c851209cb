import FlumeWire
import Glibc
import TestSupport

/// F3: SIGSTOP for much longer than the lease, then SIGCONT, as a virtual machine that was paused.
///
/// What the sleeper has to say when it wakes counts for nothing: some of its jobs are done elsewhere by then, some throw in it
/// and must not be tried again, and some are running elsewhere and must stay in the record of who runs them.
struct SuspendWorker: Scenario {
    let number = "F3"
    let name = "SIGSTOP past the lease, SIGCONT"
    let canRunRuby = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let sleep = JobMix(jobClass: "LabSleep", arguments: "[0.4]", weight: 3)
        // Throws where it wakes much too late, and nowhere else.
        let late = JobMix(jobClass: lab.runtime == .swift ? "LabOversleep" : "LabSleep", arguments: "[0.8]", weight: 2)
        let producer = try lab.startProducer(.init(rate: 20, jobs: [JobMix(jobClass: "LabQuick"), sleep, late]))
        let sleeper = try await lab.startWorker("sleeper", .init(queues: "default,long"))
        let other = try await lab.startWorker("other")
        lab.expectRecovery(within: .seconds(lab.form == .short ? 10 : 30))
        let before = try await lab.undisturbed()
        let heir = try await startLongJobs(lab)
        try await lab.wait("both work, the sleeper on jobs of some length", within: .seconds(60)) { ledger in
            let now = monotonicNanoseconds()
            return ledger.runs.contains { $0.nonce == other.nonce }
                && ledger.runs.count {
                    $0.nonce == "sleeper" && $0.how == nil
                        && (lab.runtime == .ruby || $0.payload.contains(late.jobClass))
                        && $0.began + 400_000_000 > now
                } > 1
        }
        var interrupted: Set<String> = []
        try await lab.suspend(sleeper) {
            let suspended = monotonicNanoseconds()
            let runs = lab.ledger.runs.filter { $0.nonce == "sleeper" && $0.how == nil }
            interrupted = Set(runs.map(\.jid))
            let short = Set(runs.filter { !Self.isLong($0) }.map(\.jid))
            let start = ContinuousClock.now
            // What Sidekiq has taken waits for that process to wake.
            if lab.runtime == .swift {
                let limit = Duration.seconds(lab.lease * 3 + 20)
                try await lab.wait("others have done the sleeper's jobs, or begun the long ones", within: limit) {
                    ledger in
                    short.isSubset(of: ledger.done)
                        && ledger.runs.count { $0.nonce == heir?.nonce && Self.isLong($0) } == Self.longJobs
                }
            }
            // Nobody may believe in it any more when it wakes.
            try await Task.sleep(until: start + .seconds(Self.absence(lab)))
            lab.expect(
                NeighbourExpectation(
                    nonce: other.nonce, span: suspended..<monotonicNanoseconds(), pause: 5_000_000_000))
        }
        let woken = monotonicNanoseconds()
        if let heir { try await watch(heir, lab) }
        try await lab.expectWork(within: .seconds(10), after: woken, as: before)
        if let heir {
            try await lab.wait("the sleeper notices that it was buried and works on", within: .seconds(30)) { ledger in
                ledger.runs.contains { $0.nonce == "sleeper" && $0.fence > 0 && $0.isDone }
            }
            lab.expect(sleeper.hasLostLease, "the sleeper did not say that it was taken for dead")
            let lost = try await sleeper.metric("flume_leases_lost_total")
            lab.expect(lost == 1, "the sleeper counts \(lost) lost leases")
            let recovered = try await other.metric(Self.recovered) + heir.metric(Self.recovered)
            lab.expect(
                recovered >= interrupted.count,
                "the others count \(recovered) recovered jobs, \(interrupted.count) were interrupted")
        }
        try await producer.stop()
        try await lab.drain()
        let ledger = lab.ledger
        let twice = ledger.runs.filter { run in
            run.nonce == "sleeper" && run.isDone
                && ledger.runsOfJob[run.jid]?.contains { $0.nonce != "sleeper" && $0.isDone } == true
        }
        // Those were done twice, which nobody can prevent; but they were settled once.
        let left = try await lab.probe.members("retry") + lab.probe.members("dead")
        lab.expect(left.isEmpty, "\(twice.count) jobs were done twice, and something is left: \(left)")
        if lab.runtime == .swift { try await judge(ledger, lab) }
    }

    private static let recovered = "flume_jobs_recovered_total"

    // MARK: Jobs that still run elsewhere

    private static let longJobs = 2

    /// How long the sleeper sleeps at least, in seconds.
    private static func absence(_ lab: Lab) -> Double { lab.form == .short ? lab.lease * 4 : 90 }

    private static func isLong(_ run: Ledger.Run) -> Bool { run.payload.contains(#""queue":"long""#) }

    /// Has the sleeper begin jobs that end while it sleeps, and that whoever takes them over still has when it wakes.
    ///
    /// - Returns: who is there to take them over; nil for Ruby, which takes over nothing.
    private func startLongJobs(_ lab: Lab) async throws -> LabWorker? {
        guard lab.runtime == .swift else { return nil }
        // They come to the heir two leases after the sleeper's last word.
        let seconds = Self.absence(lab) - lab.lease / 2
        try await lab.produce(
            Self.longJobs, JobMix(jobClass: "LabSleep", arguments: "[\(seconds)]"), queue: "long")
        try await lab.wait("the sleeper has the long jobs") { ledger in
            ledger.runs.count { $0.nonce == "sleeper" && Self.isLong($0) } == Self.longJobs
        }
        return try await lab.startWorker("heir", .init(queues: "long,default"))
    }

    /// What the sleeper says of jobs that the heir is running changes nothing in the heir's record.
    private func watch(_ heir: LabWorker, _ lab: Lab) async throws {
        var looks = 0
        var missing: Set<String> = []
        try await eventually("the heir has done the long jobs", timeout: .seconds(60), every: .milliseconds(50)) {
            let payloads = try await lab.probe.hash("flume:inflight:\(heir.identity ?? "")").values
            let inflight = Set(try payloads.compactMap { try JobPayload(parsing: Array($0.utf8)).jid })
            // Whoever runs after that look did so at it.
            let runs = lab.ledger.runs.filter(Self.isLong)
            let running = Set(runs.filter { $0.nonce == heir.nonce && $0.how == nil }.map(\.jid))
            missing.formUnion(running.subtracting(inflight))
            if runs.count(where: { $0.nonce == "sleeper" && $0.isDone }) == Self.longJobs, !running.isEmpty {
                looks += 1
            }
            return running.isEmpty
        }
        lab.expect(missing.isEmpty, "the heir runs \(missing), which is not in its record any more")
        lab.expect(looks > 5, "\(looks) looks at the heir's record after the sleeper had ended its jobs: no test")
    }

    // MARK: The verdict

    private func judge(_ ledger: Ledger, _ lab: Lab) async throws {
        let thrown = ledger.runs.filter { $0.how == .failed }
        lab.expect(!thrown.isEmpty, "no job has thrown in the sleeper: no test")
        for run in thrown {
            let runs = (ledger.runsOfJob[run.jid] ?? []).map { "\($0.nonce) \($0.attempt) \($0.isDone)" }
            let isRight = runs.count == 2 && run.nonce == "sleeper" && runs.allSatisfy { $0.contains(" 1 ") }
            lab.expect(isRight, "a job that threw in the sleeper after its lease had gone ran so: \(runs)")
        }
        // Every run that came to an end counts as one, wherever it did and whoever settled the job.
        let ended = ledger.runs.count { $0.how != nil }
        let counted = { (key: String) in try await Int(lab.probe.string("stat:\(key)") ?? "0") ?? -1 }
        try? await eventually("all are counted", timeout: .seconds(10)) { try await counted("processed") >= ended }
        let (processed, failed) = (try await counted("processed"), try await counted("failed"))
        lab.expect(processed == ended, "stat:processed is \(processed), \(ended) runs came to an end")
        lab.expect(failed == thrown.count, "stat:failed is \(failed), \(thrown.count) runs have failed")
    }
}
