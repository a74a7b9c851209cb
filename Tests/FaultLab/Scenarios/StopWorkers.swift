import FlumeWire
import Glibc
import TestSupport

/// F2: TERM with jobs shorter and longer than the grace time, with a handler that ignores cancellation, and twice.
struct StopWorkers: Scenario {
    let number = "F2"
    let name = "TERM, short and long jobs, twice"
    let canRunRuby = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        lab.expectRecovery(within: .seconds(lab.form == .short ? 10 : 30))
        let grace = lab.form == .short ? 2.0 : 25.0
        let long = JobMix(jobClass: "LabSleep", arguments: "[\(grace * 2.5)]")
        try await gracefulStop(lab, grace, long)
        let last = WorkerOptions(queues: "default,stubborn,twice")
        if lab.runtime == .swift {
            async let neighbours: Void = neighbourlyStop(lab, grace, long)
            try await stubbornStop(lab, grace)
            try await secondSignal(lab, grace, long)
            try await lab.startWorker("last", last)
            try await neighbours
            try await mixedStop(lab, grace)
        } else {
            try await lab.startWorker("last", last)
        }
        try await lab.drain(within: .seconds(grace * 3 + 60))
    }

    /// What a worker gives back is its neighbour's at once, and the neighbour works on all the time.
    private func neighbourlyStop(_ lab: Lab, _ grace: Double, _ long: JobMix) async throws {
        var options = WorkerOptions(concurrency: 6, queues: "shared")
        options.shutdownTimeout = grace
        try await lab.produce(3, long, queue: "shared")
        let leaving = try await lab.startWorker("leaving", options)
        try await lab.wait("it has the long jobs") { ledger in ledger.runs.count { $0.nonce == "leaving" } == 3 }
        let jids = Set(lab.ledger.runs.filter { $0.nonce == "leaving" }.map(\.jid))
        try await lab.startWorker("staying", options)
        let producer = try lab.startProducer(.init(rate: 40, queue: "shared"))
        try await lab.wait("both work") { ledger in
            ["leaving", "staying"].allSatisfy { nonce in ledger.runs.contains { $0.nonce == nonce && $0.isDone } }
        }
        try await lab.neighbours("staying", pause: .seconds(2)) {
            let exit = await lab.stop(leaving)
            lab.expect(exit == .status(0), "a worker beside another one ended by \(exit)")
            try await lab.wait("the neighbour has begun what was given back") { ledger in
                jids.allSatisfy { jid in ledger.runsOfJob[jid]?.contains { $0.nonce == "staying" } == true }
            }
        }
        try await producer.stop()
        for jid in jids {
            let runs = lab.ledger.runsOfJob[jid] ?? []
            guard runs.count == 2, runs[0].how == .cancelled, let end = runs[0].ended else {
                lab.expect(false, "a long job that was given back ran so: \(runs.map(\.name))")
                continue
            }
            let pause = Duration.nanoseconds(Int64(runs[1].began) - Int64(end))
            lab.expect(pause < .seconds(2), "the neighbour began a long job \(pause.formatted) after it was given back")
            lab.expect(runs[1].attempt == 1, "a long job that was given back is on attempt \(runs[1].attempt)")
        }
    }

    /// Jobs under limits, with locks and in batches: what runs comes to its end, and what waits, waits on.
    private func mixedStop(_ lab: Lab, _ grace: Double) async throws {
        var options = WorkerOptions(queues: "mixed", limited: 2, more: ["--batch", "5", "--rate", "50"])
        options.shutdownTimeout = grace
        let worker = try await lab.startWorker("mixed", options)
        let producers = try [
            lab.startProducer(.init(rate: 80, queue: "mixed", jobs: JobMix.everything)),
            lab.startProducer(.init(rate: 30, queue: "batched", jobs: [.init(jobClass: "LabBatch")])),
            lab.startProducer(.init(rate: 60, queue: "rated")),
        ]
        try await lab.wait("it has done some of each", within: .seconds(60)) { ledger in
            ["LabLimited", "LabUnique", "LabBatch", #""rated""#].allSatisfy { word in
                ledger.runs.count { $0.nonce == "mixed" && $0.isDone && $0.payload.contains(word) } > 5
            }
        }
        let exit = await lab.stop(worker)
        lab.expect(exit == .status(0), "a worker with all sorts of jobs ended by \(exit)")
        let unended = lab.ledger.runs.count { $0.nonce == "mixed" && $0.how == nil }
        lab.expect(unended == 0, "\(unended) short jobs did not come to their end")
        for producer in producers { try await producer.stop() }
        try await lab.startWorker("heir", options)
    }

    /// Short jobs finish; long ones are cancelled and are the next to run, byte for byte as they were.
    private func gracefulStop(_ lab: Lab, _ grace: Double, _ long: JobMix) async throws {
        var options = WorkerOptions(concurrency: 8)
        options.shutdownTimeout = grace
        try await lab.produce(3, long)
        try await lab.produce(5, JobMix(jobClass: "LabSleep", arguments: "[\(grace * 0.4)]"))
        try await lab.produce(5)
        let before = try await lab.probe.queue("default")
        let worker = try await lab.startWorker("graceful", options)
        try await lab.wait("8 run", within: .seconds(30)) { ledger in ledger.runs.count == 8 }
        let start = ContinuousClock.now
        let exit = await lab.stop(worker)
        let elapsed = start.duration(to: .now)
        lab.expect(exit == .status(0), "the worker ended by \(exit)")
        // Sidekiq's own limit is soft: it waits the grace time and then a moment for its threads.
        lab.expect(elapsed < .seconds(grace + 4), "the worker took \(elapsed.formatted) to stop")
        let runs = lab.ledger.runs
        lab.expect(runs.count { $0.isDone } == 5, "\(runs.count { $0.isDone }) of 5 short jobs came to their end")
        let queue = try await lab.probe.queue("default")
        lab.expect(
            Set(queue.prefix(3)) == Set(before.prefix(3)), "the long jobs are not the next to run, as they were")
        lab.expect(queue.suffix(5) == before.suffix(5), "what waited does not wait as before")
        if lab.runtime == .swift {
            lab.expect(Array(queue.prefix(3)) == Array(before.prefix(3)), "the long jobs changed their order")
        }
    }

    /// A job that ignores its cancellation is given back; the process ends all the same.
    private func stubbornStop(_ lab: Lab, _ grace: Double) async throws {
        var options = WorkerOptions(concurrency: 2, queues: "stubborn")
        options.shutdownTimeout = grace
        try await lab.produce(1, JobMix(jobClass: "LabStubborn", arguments: "[\(grace * 2.5 + 5)]"), queue: "stubborn")
        let before = try await lab.probe.queue("stubborn")
        let worker = try await lab.startWorker("stubborn", options)
        try await lab.wait("it runs", within: .seconds(30)) { ledger in ledger.runs.contains { $0.nonce == "stubborn" }
        }
        let start = ContinuousClock.now
        let exit = await lab.stop(worker)
        let elapsed = start.duration(to: .now)
        lab.expect(exit == .status(1), "a worker with a stubborn job ended by \(exit), not by status 1")
        lab.expect(elapsed < .seconds(grace + 4), "a worker with a stubborn job took \(elapsed.formatted) to stop")
        lab.expect(try await lab.probe.queue("stubborn") == before, "the stubborn job is not back in its queue")
    }

    /// A second TERM ends the process at once; what ran stays in the record of a dead process.
    private func secondSignal(_ lab: Lab, _ grace: Double, _ long: JobMix) async throws {
        var options = WorkerOptions(concurrency: 2, queues: "twice")
        options.shutdownTimeout = grace
        try await lab.produce(2, long, queue: "twice")
        let worker = try await lab.startWorker("twice", options)
        try await lab.wait("both run", within: .seconds(30)) { ledger in
            ledger.runs.count { $0.nonce == "twice" } == 2
        }
        worker.child.signal(SIGTERM)
        try await eventually("it is stopping") { worker.child.output.contains("stopping") }
        lab.record(Fault(.killed, "twice", from: monotonicNanoseconds()))
        let start = ContinuousClock.now
        worker.child.signal(SIGTERM)
        let exit = await worker.child.exit()
        lab.expect(exit == .status(1), "a worker with two TERMs ended by \(exit)")
        lab.expect(start.duration(to: .now) < .seconds(min(grace, 2)), "the second TERM did not end it at once")
    }
}
