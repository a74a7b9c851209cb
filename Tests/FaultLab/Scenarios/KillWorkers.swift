import TestSupport

/// F1: `kill -9` of a worker with jobs in flight, in many rounds; then of every worker.
struct KillWorkers: Scenario {
    let number = "F1"
    let name = "kill -9 of workers"
    let canRunRuby = true

    func run(in lab: Lab) async throws {
        let rounds = lab.form == .short ? 3 : 100
        var options = WorkerOptions()
        options.concurrency = 8
        lab.expectRecovery(within: lab.form == .short ? .seconds(15) : .seconds(30))
        let producer = try lab.startProducer(
            .init(
                rate: 60,
                jobs: [
                    JobMix(jobClass: "LabQuick", weight: 6),
                    JobMix(jobClass: "LabSleep", arguments: "[0.3]", weight: 3),
                    JobMix(jobClass: "LabFail", arguments: "[1]"),
                ]))
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
        for worker in workers { await lab.kill(worker) }
        try await lab.startWorker("last", options)
        try await producer.stop()
        try await lab.drain(within: .seconds(60))
    }
}
