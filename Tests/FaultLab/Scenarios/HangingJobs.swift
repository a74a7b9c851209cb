import Foundation
import Glibc
import TestSupport

/// F13: handlers that wait for ever, block a thread, or keep every thread busy for longer than the lease.
struct HangingJobs: Scenario {
    let number = "F13"
    let name = "handlers that hang, block, spin"
    /// It takes every processor.
    let isMostlyWaiting = false

    func run(in lab: Lab) async throws {
        let threads = ProcessInfo.processInfo.activeProcessorCount
        let busy = lab.form == .short ? lab.lease * 3 : 60
        var hanging = WorkerOptions(concurrency: 6, queues: "hanging")
        hanging.timeout = 1
        try await lab.startWorker("hanging", hanging)
        let spinning = try await lab.startWorker("spinning", .init(concurrency: threads + 2, queues: "spinning"))
        try await lab.startWorker("onlooker", .init(queues: "quick"))

        // Two that wait for ever at the first attempt, and two that hear nothing until they are done.
        try await lab.produce(2, JobMix(jobClass: "LabHang"), queue: "hanging")
        try await lab.produce(2, JobMix(jobClass: "LabBlock", arguments: "[3]"), queue: "hanging")
        try await lab.produce(
            threads + 2, JobMix(jobClass: "LabSpin", arguments: "[\(busy)]"), queue: "spinning")
        try await lab.wait("every thread spins", within: .seconds(60)) { ledger in
            ledger.runs.count { $0.nonce == "spinning" } >= threads
        }
        let start = ContinuousClock.now
        let producer = try lab.startProducer(.init(rate: 20, queue: "quick"))
        let identity = spinning.identity ?? ""
        try await lab.wait("the onlooker works", within: .seconds(60)) { ledger in
            ledger.runs.contains { $0.nonce == "onlooker" && $0.isDone }
        }
        let began = monotonicNanoseconds()
        while start.duration(to: .now) < .seconds(busy) {
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
        try await lab.drain(within: .seconds(busy * 3 + 60))

        let ledger = lab.ledger
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
}
