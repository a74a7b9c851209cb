import TestSupport

/// F11: the primary turns into a read-only replica by mistake, with stale data (READONLY) and without (MASTERDOWN).
struct BecomeReplica: Scenario {
    let number = "F11"
    let name = "the primary becomes a replica"

    func run(in lab: Lab) async throws {
        // It keeps its data, and refuses what it does not take.
        lab.expectNothingTwiceUnderLease()
        let producer = try await lab.startFleet()
        let before = try await lab.undisturbed()
        let nobody = try RedisServer.freePort()
        for (round, servesStaleData) in ["yes", "no"].enumerated() {
            var healed: UInt64 = 0
            try await lab.outage {
                try lab.server.execute("CONFIG", "SET", "replica-serve-stale-data", servesStaleData)
                try lab.server.execute("REPLICAOF", "127.0.0.1", "\(nobody)")
                // Told at boot, in words, instead of waiting for ever.
                var options = WorkerOptions()
                options.mayDie = true
                let late = try await lab.startWorker("late\(round)", options)
                _ = await late.child.exit()
                let words = late.child.errorOutput
                lab.expect(words.contains("replica"), "a worker that starts then says: \(words)")
                try lab.server.execute("REPLICAOF", "NO", "ONE")
                healed = monotonicNanoseconds()
            }
            try await lab.expectWork(within: .seconds(5), after: healed, as: before)
            try await lab.waitForProgress(20)
        }
        try await producer.stop()
        try await lab.drain()
    }
}
