import TestSupport

/// F9: Redis is out of memory: work goes on draining, nobody counts as dead, and producers are told.
struct FillMemory: Scenario {
    let number = "F9"
    let name = "Redis out of memory"
    let canRunRuby = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let backlog = lab.form == .short ? 400 : 5000
        var identities: [String?] = []
        for name in ["w1", "w2"] { identities.append(try await lab.startWorker(name).identity) }
        try await lab.produce(
            backlog, JobMix(jobClass: "LabQuick", weight: 3),
            JobMix(jobClass: "LabSleep", arguments: "[0.3]", weight: 4),
            // Ruby's counts its failures in Redis, which takes no more.
            JobMix(
                jobClass: lab.runtime == .ruby ? "LabQuick" : "LabFail", arguments: lab.runtime == .ruby ? "[]" : "[1]")
        )
        // Nobody is cut off: not one answer is lost.
        lab.expectNothingTwiceUnderLease()
        do {
            try lab.server.execute("CONFIG", "SET", "maxmemory", "1mb")
            lab.expect(
                ProgressExpectation(
                    before: 0..<0, healed: monotonicNanoseconds(), within: 10_000_000_000, workers: ["w1", "w2"]))
            let waiting = try await lab.probe.number("LLEN", "queue:default")
            lab.expect(waiting > 50, "\(waiting) jobs wait when the memory is full: no test")
            let producer = try lab.startProducer(.init(count: 20, rate: 20))
            try await lab.drain(within: .seconds(120))
            try await producer.end()
            lab.expect(producer.child.errorOutput.contains("out of memory"), "the producer was not told why")
            let refused = lab.ledger.enqueues.values.count { $0.acknowledgedAt == nil }
            lab.expect(refused == 20, "\(refused) of 20 enqueues were refused")
            // Two leases, in which a process that could not prove its life would be buried.
            let renewed = monotonicNanoseconds() + UInt64(lab.lease * 2e9)
            try await eventually("two leases have gone by", timeout: .seconds(60), every: .milliseconds(50)) {
                monotonicNanoseconds() > renewed
            }
            for identity in identities.compactMap(\.self) where lab.runtime == .swift {
                let lease = try await lab.probe.string("flume:lease:\(identity)")
                lab.expect(lease != nil && lease != "buried", "\(identity) lost its lease: \(lease ?? "none")")
            }
            try lab.server.execute("CONFIG", "SET", "maxmemory", "0")
        }
        try await lab.produce(30)
        try await lab.drain()
    }
}
