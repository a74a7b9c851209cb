import TestSupport

/// F6: Sentinel moves the primary, first politely, then because it was killed; the old one comes back as a replica.
///
/// Replication is asynchronous: what the old primary acknowledged and had not passed on is gone, and no worker can help that.
struct FailOver: Scenario {
    let number = "F6"
    let name = "Sentinel failover, polite and by kill -9"
    let needsTCP = true

    private static let downAfter = Duration.seconds(1)
    /// How much before a failover Redis may not have passed on.
    private static let lag: UInt64 = 1_000_000_000

    func run(in lab: Lab) async throws {
        lab.ignoreCounters()
        let group = try await SentinelGroup.start(with: lab.server, downAfter: Self.downAfter)
        do {
            try await fail(lab, group)
            await group.stop()
        } catch {
            await group.stop()
            throw error
        }
    }

    private func fail(_ lab: Lab, _ group: SentinelGroup) async throws {
        let producer = try await lab.startFleet(url: group.url, producerURL: group.url)
        let before = try await lab.undisturbed()
        for _ in 0..<(lab.form == .short ? 1 : 5) {
            try await failOver(lab, from: group.first, to: group.second, before) {
                try group.sentinels[0].execute("SENTINEL", "FAILOVER", "main")
            }
            try await eventually("the old primary is a replica in step", timeout: .seconds(60)) {
                replication(of: group.first).contains("master_link_status:up")
            }
            try await lab.waitForProgress(20)
            try await failOver(lab, from: group.second, to: group.first, before) { await group.second.kill() }
            try await group.second.restart()
            try await eventually("the killed primary is a replica in step", timeout: .seconds(60)) {
                replication(of: group.second).contains("master_link_status:up")
            }
            try await lab.waitForProgress(20)
        }
        try await producer.stop()
        try await lab.drain()
    }

    /// What a server says of its role; nothing while it changes that, because then it hangs up on everybody.
    private func replication(of server: RedisServer) -> String {
        (try? server.execute("INFO", "replication")) ?? ""
    }

    private func failOver(
        _ lab: Lab, from old: RedisServer, to new: RedisServer, _ before: Range<UInt64>,
        _ cause: () async throws -> Void
    ) async throws {
        let began = monotonicNanoseconds()
        var promoted: UInt64 = 0
        try await lab.outage(forgetting: .nanoseconds(Int64(Self.lag))) {
            try await cause()
            try await eventually("the other one is the primary", timeout: .seconds(60), every: .milliseconds(20)) {
                replication(of: new).contains("role:master")
            }
            promoted = monotonicNanoseconds()
            // Until then it goes on taking jobs that nobody will see.
            if old.process.isRunning {
                try await eventually("the old one takes no more", timeout: .seconds(60), every: .milliseconds(20)) {
                    replication(of: old).contains("role:slave")
                }
            }
        }
        let demoted = monotonicNanoseconds()
        lab.admitLoss(of: lab.acknowledged(from: began - Self.lag, until: demoted))
        try await lab.expectWork(within: .seconds(3), after: max(promoted, demoted), as: before)
        let pause = Duration.nanoseconds(Int64(demoted - began))
        lab.expect(pause < .seconds(30), "the failover itself took \(pause.formatted)")
    }
}
