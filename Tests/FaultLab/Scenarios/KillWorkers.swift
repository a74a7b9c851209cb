import FlumeRedis
import FlumeWire
import TestSupport

/// F1: `kill -9` of a worker with jobs in flight, in many rounds; then of every worker.
///
/// One worker, the witness, lives through all rounds: recovery counts from each death. Who dies and is started again so often
/// lives for too short a time to bury anybody. Producers of Swift and of Ruby; limits, unique jobs and batches among what runs.
struct KillWorkers: Scenario {
    let number = "F1"
    let name = "kill -9 of workers"
    let canRunRuby = true
    let needsTCP = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let rounds = lab.form == .short ? 3 : 100
        // Slots of the dead are held until they are recovered: with fewer, what piled up meanwhile takes longer than recovery.
        var options = WorkerOptions(limited: 8)
        options.concurrency = 8
        lab.expectRecovery(within: lab.form == .short ? .seconds(10) : .seconds(30))
        if lab.runtime == .swift { options.more = ["--batch", "5"] }
        var producers = try [
            lab.startProducer(.init(rate: 50, jobs: lab.runtime == .swift ? JobMix.everything : JobMix.usual)),
            lab.startProducer(.init(rate: 20, jobs: JobMix.usual, isRuby: true)),
        ]
        if lab.runtime == .swift {
            producers.append(
                try lab.startProducer(.init(rate: 20, queue: "batched", jobs: [.init(jobClass: "LabBatch")])))
        }
        let witness = try await lab.startWorker("witness", options)
        var deaths = Deaths()
        var workers = [try await lab.startWorker("w1", options), try await lab.startWorker("w2", options)]
        for round in 1...rounds {
            let before = lab.ledger.done.count
            let wanted = lab.random(in: 10...60)
            try await lab.wait("\(wanted) more jobs are done", within: .seconds(60)) {
                $0.done.count >= before + wanted
            }
            let victim = lab.random(in: 0...workers.count - 1)
            let dead = workers.remove(at: victim)
            try await lab.neighbours(workers[0].nonce, witness.nonce, pause: .seconds(5)) {
                await lab.kill(dead)
                try await deaths.note(dead, lab)
                workers.append(try await lab.startWorker("w\(round + 2)", options))
            }
        }
        // Nobody is left to notice; a process that has never heard of them comes later.
        workers.append(witness)
        try await lab.wait("all are at work", within: .seconds(60)) { ledger in
            let running = ledger.runs.filter { $0.how == nil }
            return workers.allSatisfy { worker in running.contains { $0.nonce == worker.nonce } }
        }
        let identities = Set(workers.compactMap(\.identity))
        if lab.runtime == .swift {
            try await eventually("nothing is left of those that died before", timeout: .seconds(60)) {
                Set(try await lab.probe.set("flume:processes")) == identities
            }
        }
        let before = deaths.count
        for worker in workers { await lab.kill(worker) }
        for worker in workers { try await deaths.note(worker, lab) }
        let inflight = deaths.count - before
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
            try await deaths.compare(lab)
            lab.expect(before >= rounds, "\(before) jobs were in flight in \(rounds) processes that died: no test")
        }
        try await lab.expectPages()
    }

    /// At how many deaths each job was in flight.
    private struct Deaths {
        private var ofJob: [String: Int] = [:]

        var count: Int { ofJob.values.reduce(0, +) }

        /// Reads what a process has left behind, long before anybody may bury it.
        mutating func note(_ dead: LabWorker, _ lab: Lab) async throws {
            guard lab.runtime == .swift, let identity = dead.identity else { return }
            // Its last commands may be in Redis's sockets still: they come before the second of these at the latest.
            for _ in 1...2 { try await lab.probe.send("PING") }
            for payload in try await lab.probe.hash("flume:inflight:\(identity)").values {
                ofJob[try JobPayload(parsing: Array(payload.utf8)).jid ?? "", default: 0] += 1
            }
            let lease = try await lab.probe.string("flume:lease:\(identity)")
            lab.expect(lease != "buried", "\(identity) was buried before the lab had looked: no test")
        }

        /// A recovery is counted for each, once, or the limit for poison is not what it says.
        func compare(_ lab: Lab) async throws {
            let jids = lab.ledger.enqueues.keys.sorted()
            let counts = try await lab.probe.send("MGET", jids.map { "flume:recoveries:\($0)" }).array ?? []
            let wrong = zip(jids, counts).compactMap { jid, count -> String? in
                let (counted, had) = (Int(count.string ?? "0") ?? -1, ofJob[jid] ?? 0)
                return counted == had ? nil : "\(jid) has \(counted) for \(had) deaths"
            }
            lab.expect(
                wrong.isEmpty && counts.count == jids.count,
                "\(wrong.count) of \(jids.count) counts of recoveries are wrong: \(wrong.prefix(3))")
        }
    }
}
