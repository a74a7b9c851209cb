import TestSupport

/// F4: `kill -9` of Redis under load, and a restart with the same data.
///
/// With `appendfsync always` nothing that was acknowledged may be gone; with `everysec` what Redis had not written, which is
/// at most what it acknowledged in the two seconds before. It is back long before a lease ends: with `always` nothing is done
/// twice either.
struct RestartRedis: Scenario {
    let number = "F4"
    let name = "kill -9 of Redis (AOF always, everysec)"
    let canRunRuby = true
    let redisArguments = ["--appendonly", "yes", "--appendfsync", "always"]

    private static let forgettable: UInt64 = 2_000_000_000

    func run(in lab: Lab) async throws {
        let producer = try await lab.startFleet()
        let before = try await lab.undisturbed()
        for _ in 0..<(lab.form == .short ? 2 : 10) {
            try await crash(lab, forgetting: .zero, before)
            try await lab.waitForProgress(lab.random(in: 10...60))
        }
        // Counts that a beat had written may be gone with the last second.
        lab.ignoreCounters()
        for _ in 0..<(lab.form == .short ? 1 : 10) {
            try lab.server.execute("CONFIG", "SET", "appendfsync", "everysec")
            try await lab.waitForProgress(lab.random(in: 10...60))
            let killed = monotonicNanoseconds()
            try await crash(lab, forgetting: .nanoseconds(Int64(Self.forgettable)), before)
            lab.admitLoss(of: lab.acknowledged(from: killed - Self.forgettable, until: monotonicNanoseconds()))
        }
        try await lab.waitForProgress(30)
        try await producer.stop()
        try await lab.drain()
    }

    private func crash(_ lab: Lab, forgetting: Duration, _ before: Range<UInt64>) async throws {
        var healed: UInt64 = 0
        // What Redis forgets may be that a job was settled; what it has not written, it has not answered either.
        try await lab.outage(forgetting: forgetting, keepsLeases: forgetting == .zero && lab.runtime == .swift) {
            try await lab.server.restart()
            healed = monotonicNanoseconds()
        }
        try await lab.expectWork(within: .seconds(5), after: healed, as: before)
    }
}
