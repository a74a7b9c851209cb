import TestSupport

/// F5: Redis is slow to read its data and says LOADING.
struct LoadRedis: Scenario {
    let number = "F5"
    let name = "Redis loads its data slowly"
    let canRunRuby = true
    let redisArguments = [
        "--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "1000",
        "--loading-process-events-interval-bytes", "1024",
    ]

    func run(in lab: Lab) async throws {
        // Keys that take their time, in a database that nobody reads.
        try lab.server.execute("DEBUG", "POPULATE", lab.form == .short ? "2000" : "10000", database: 1)
        try lab.server.execute("BGREWRITEAOF")
        try await eventually("the file has all keys", timeout: .seconds(60), every: .milliseconds(50)) {
            try lab.server.execute("INFO", "persistence").contains("aof_rewrite_in_progress:0")
        }
        // Leases run out meanwhile, and it takes more than that to be taken for dead: each worker renews its own first.
        if lab.runtime == .swift { lab.expectNothingTwiceUnderLease() }
        let producer = try await lab.startFleet()
        let before = try await lab.undisturbed()
        var healed: UInt64 = 0
        var hasLoaded = false
        var live = true
        var unready: Set<String> = []
        try await lab.outage {
            try await lab.server.restart()
            try await eventually("Redis has read its data", timeout: .seconds(60), every: .milliseconds(20)) {
                do {
                    try lab.server.execute("PING")
                    return true
                } catch let error as TestSupportError where error.description.hasPrefix("LOADING") {
                    hasLoaded = true
                    for worker in lab.running where lab.runtime == .swift {
                        try await look(at: worker, &live, &unready)
                    }
                    return false
                }
            }
            healed = monotonicNanoseconds()
        }
        lab.expect(hasLoaded, "Redis never said LOADING: nothing was tested")
        // Waiting is all there is to do: nobody should send jobs here, and nobody should restart the process.
        lab.expect(live, "a worker was not live while Redis was loading")
        lab.expect(
            unready == ["w1", "w2"] || lab.runtime == .ruby, "only \(unready) were not ready while Redis was loading")
        try await lab.expectWork(within: .seconds(5), after: healed, as: before)
        try await eventually("all are ready again", timeout: .seconds(60), every: .milliseconds(50)) {
            for worker in lab.running where lab.runtime == .swift {
                guard try await worker.isReady() else { return false }
            }
            return true
        }
        try await producer.stop()
        try await lab.drain()
    }

    private func look(at worker: LabWorker, _ live: inout Bool, _ unready: inout Set<String>) async throws {
        if try await !worker.isLive() { live = false }
        if try await !worker.isReady() { unready.insert(worker.nonce) }
    }
}
