import Foundation
import Glibc
import TestSupport

/// F13: handlers that wait for ever, block a thread, or keep every thread busy for longer than the lease.
///
/// What waits is cancelled by its timeout. What blocks cannot be: it is reported as stuck, keeps its slot and its lease, its
/// neighbours in the same process run on, and it is not run a second time while it runs. A process with such a handler ends
/// at its shutdown all the same, with status 1, and the job runs elsewhere.
struct HangingJobs: Scenario {
    let number = "F13"
    let name = "handlers that hang, block, spin"
    /// It takes every processor.
    let isMostlyWaiting = false

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let threads = ProcessInfo.processInfo.activeProcessorCount
        let busy = lab.form == .short ? lab.lease * 3 : 60
        var hanging = WorkerOptions(concurrency: 6, queues: "hanging")
        hanging.timeout = 1
        let worker = try await lab.startWorker("hanging", hanging)
        let spinning = try await lab.startWorker("spinning", .init(concurrency: threads + 2, queues: "spinning"))
        try await lab.startWorker("onlooker", .init(queues: "quick"))

        // Two that wait for ever at the first attempt, and two that hear nothing until they are done.
        try await lab.produce(2, JobMix(jobClass: "LabHang"), queue: "hanging")
        try await lab.produce(2, JobMix(jobClass: "LabBlock", arguments: "[10]"), queue: "hanging")
        try await lab.produce(
            threads + 2, JobMix(jobClass: "LabSpin", arguments: "[\(busy)]"), queue: "spinning")
        try await lab.wait("every thread spins", within: .seconds(60)) { ledger in
            ledger.runs.count { $0.nonce == "spinning" } >= threads
        }
        let neighbours = lab.ledger.done.count
        try await lab.produce(20, queue: "hanging")
        let start = ContinuousClock.now
        let producer = try lab.startProducer(.init(rate: 20, queue: "quick"))
        let identity = spinning.identity ?? ""
        try await lab.wait("the onlooker works", within: .seconds(60)) { ledger in
            ledger.runs.contains { $0.nonce == "onlooker" && $0.isDone }
        }
        let began = monotonicNanoseconds()
        var mostStuck = 0
        while start.duration(to: .now) < .seconds(mostStuck < 2 ? max(busy, 20) : busy) {
            mostStuck = max(mostStuck, try await worker.metric("flume_jobs_stuck"))
            // -2: gone; a lease that is held never is, whatever the handlers do.
            let left = try await lab.probe.number("PTTL", "flume:lease:\(identity)")
            lab.expect(left > 0, "the lease of the spinning process ran out")
            if left <= 0 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        // It shares its processors with them, and nothing else.
        lab.expect(
            NeighbourExpectation(nonce: "onlooker", span: began..<monotonicNanoseconds(), pause: 5_000_000_000))
        try await producer.stop()
        // Those that wait have no thread to end on while the others block all there are.
        lab.expect(
            mostStuck >= 2, "\(mostStuck) of 2 jobs that block past their timeout were reported as stuck")
        try await lab.drain(within: .seconds(busy * 3 + 60))
        lab.expect(try await worker.metric("flume_jobs_stuck") == 0, "jobs that have ended are said to be stuck")
        try await endStuck(lab)

        let ledger = lab.ledger
        lab.expect(ledger.done.count >= neighbours + 20, "the neighbours of hanging jobs did not run")
        let blocked = ledger.runs.filter { $0.payload.contains("LabBlock") && $0.nonce == "hanging" }
        lab.expect(
            blocked.count == 2 && blocked.allSatisfy { $0.isDone && $0.attempt == 1 },
            "jobs that block past their timeout ran \(blocked.map { "\($0.name) \($0.attempt)" })")
        lab.expect(
            ledger.runs.count { $0.nonce == "spinning" && $0.isDone } == threads + 2, "a spinning job did not run once")
        lab.expect(ledger.runs.allSatisfy { $0.fence == 0 }, "a process lost its lease")
        let hung = ledger.runs.filter { $0.how == .cancelled }
        lab.expect(hung.count == 2, "\(hung.count) jobs were cancelled by their timeout, not 2")
        for run in hung {
            let attempts = (ledger.runsOfJob[run.jid] ?? []).map(\.attempt)
            lab.expect(attempts == [1, 2], "a job that ran into its timeout had the attempts \(attempts)")
        }
    }

    /// TERM for a process with a thread that is blocked for much longer than it may take to end.
    private func endStuck(_ lab: Lab) async throws {
        var options = WorkerOptions(concurrency: 2, queues: "stuck")
        options.shutdownTimeout = 1
        let stuck = try await lab.startWorker("stuck", options)
        try await lab.produce(1, JobMix(jobClass: "LabBlock", arguments: "[6]"), queue: "stuck")
        try await lab.wait("it is blocked", within: .seconds(30)) { ledger in
            ledger.runs.contains { $0.nonce == "stuck" }
        }
        lab.expect(try await stuck.isLive(), "a worker with one blocked thread is not live")
        let payload = lab.ledger.runs.first { $0.nonce == "stuck" }?.payload ?? ""
        let start = ContinuousClock.now
        let exit = await lab.stop(stuck)
        lab.expect(exit == .status(1), "a worker with a blocked thread ended by \(exit), not by status 1")
        let elapsed = start.duration(to: .now)
        lab.expect(elapsed < .seconds(5), "a worker with a blocked thread took \(elapsed.formatted) to stop")
        lab.expect(
            try await lab.probe.queue("stuck") == [payload], "the blocked job is not back in its queue as it was")
        try await lab.startWorker("successor", options)
        try await lab.drain()
        let runs = lab.ledger.runs.filter { $0.payload == payload }.map { "\($0.nonce) \($0.attempt) \($0.isDone)" }
        lab.expect(runs == ["stuck 1 false", "successor 1 true"], "the blocked job ran so: \(runs)")
    }
}
