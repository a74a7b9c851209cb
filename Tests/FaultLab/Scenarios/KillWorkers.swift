import TestSupport

/// F1: `kill -9` of a worker with jobs in flight, in many rounds; then of every worker.
///
/// Producers of Swift and of Ruby; limits, unique jobs and batches among what runs.
struct KillWorkers: Scenario {
    let number = "F1"
    let name = "kill -9 of workers"
    let canRunRuby = true
    let needsTCP = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let rounds = lab.form == .short ? 3 : 100
        // Slots of the dead are held until they are recovered: with fewer, what piled up meanwhile takes longer than recovery.
        var options = WorkerOptions(limited: 4)
        options.concurrency = 8
        lab.expectRecovery(within: lab.form == .short ? .seconds(15) : .seconds(30))
        if lab.runtime == .swift { options.more = ["--batch", "5"] }
        var producers = try [
            lab.startProducer(.init(rate: 50, jobs: lab.runtime == .swift ? JobMix.everything : JobMix.usual)),
            lab.startProducer(.init(rate: 20, jobs: JobMix.usual, isRuby: true)),
        ]
        if lab.runtime == .swift {
            producers.append(
                try lab.startProducer(.init(rate: 20, queue: "batched", jobs: [.init(jobClass: "LabBatch")])))
        }
        var workers = [try await lab.startWorker("w1", options), try await lab.startWorker("w2", options)]
        for round in 1...rounds {
            let before = lab.ledger.done.count
            let wanted = lab.random(in: 10...60)
            try await lab.wait("\(wanted) more jobs are done", within: .seconds(60)) {
                $0.done.count >= before + wanted
            }
            let victim = lab.random(in: 0...workers.count - 1)
            let dead = workers.remove(at: victim)
            try await lab.neighbours(workers[0].nonce, pause: .seconds(5)) {
                await lab.kill(dead)
                workers.append(try await lab.startWorker("w\(round + 2)", options))
            }
        }
        // Nobody is left to notice; a process that has never heard of them comes later.
        try await lab.wait("both are at work", within: .seconds(60)) { ledger in
            let running = ledger.runs.filter { $0.how == nil }
            return workers.allSatisfy { worker in running.contains { $0.nonce == worker.nonce } }
        }
        let identities = Set(workers.compactMap(\.identity))
        if lab.runtime == .swift {
            try await eventually("nothing is left of those that died before", timeout: .seconds(60)) {
                Set(try await lab.probe.set("flume:processes")) == identities
            }
        }
        for worker in workers { await lab.kill(worker) }
        var inflight = 0
        for identity in identities { inflight += try await lab.probe.number("HLEN", "flume:inflight:\(identity)") }
        let last = try await lab.startWorker("last", options)
        for producer in producers { try await producer.stop() }
        try await lab.drain(within: .seconds(60))
        let jids = Set(lab.ledger.enqueues.values.filter { $0.payload.contains("LabUnique") }.map(\.acknowledgedAt))
        if lab.runtime == .swift {
            let recovered = try await last.metric("flume_jobs_recovered_total")
            lab.expect(recovered == inflight, "\(recovered) recovered jobs are counted, \(inflight) were in flight")
            lab.expect(jids.count > 2 && jids.contains(nil), "no unique job was refused, or none was taken: no test")
            let done = Set(lab.ledger.runs.filter(\.isDone).map { $0.payload.contains("LabBatch") })
            lab.expect(done == [true, false], "no batch ran: no test")
        }
        try await lab.expectPages()
    }
}
