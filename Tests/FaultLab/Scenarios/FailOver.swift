import TestSupport

/// F6: Sentinel moves the primary, first politely, then because it was killed; the old one comes back as a replica.
///
/// Replication is asynchronous: what the old primary acknowledged and had not passed on is gone, and no worker can help that.
/// But nobody may go on with an old primary that Sentinel has replaced while it was well, and which stays writable for ten
/// seconds more. Jobs that run at once leave little to lose; so there are some for later, too.
struct FailOver: Scenario {
    let number = "F6"
    let name = "Sentinel failover, polite and by kill -9"
    let needsTCP = true

    private static let downAfter = Duration.seconds(1)
    /// From the cause of a failover until each worker has begun a job of the new primary's.
    private static let limit = downAfter + .seconds(3)
    /// How much of that a worker may take by itself, where Sentinel needs long for its own part, which is to vote.
    ///
    /// It asks Sentinel each second while it is connected, and twice a second while it is not.
    private static let ownLimit = Duration.milliseconds(1500)
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
        var later = ProducerOptions(rate: 20, jobs: [JobMix(jobClass: "LabQuick")], redisURL: group.url)
        later.at = try await lab.probe.now() + (lab.form == .short ? 20 : 120)
        let scheduler = try lab.startProducer(later)
        let before = try await lab.undisturbed()
        var moves: [Move] = []
        for _ in 0..<(lab.form == .short ? 1 : 5) {
            moves.append(
                try await failOver(politely: true, lab, group, from: group.first, to: group.second, before) {
                    try group.sentinels[0].execute("SENTINEL", "FAILOVER", "main")
                })
            try await eventually("the old primary is a replica in step", timeout: .seconds(60)) {
                replication(of: group.first).contains("master_link_status:up")
            }
            try await lab.waitForProgress(20)
            moves.append(
                try await failOver(politely: false, lab, group, from: group.second, to: group.first, before) {
                    await group.second.kill()
                })
            try await group.second.restart()
            try await eventually("the killed primary is a replica in step", timeout: .seconds(60)) {
                replication(of: group.second).contains("master_link_status:up")
            }
            try await lab.waitForProgress(20)
        }
        try await producer.stop()
        try await scheduler.stop()
        try await lab.drain(within: .seconds(120))
        let lost = lab.ledger.acknowledged.subtracting(lab.ledger.done)
        for move in moves { print("F6: \(move.text), \(lost.intersection(move.atRisk).count) jobs lost") }
    }

    /// A failover that is over.
    private struct Move {
        /// How long it took.
        let text: String
        /// What was acknowledged by the old primary and need not be known to the new one.
        let atRisk: [String]
    }

    /// What a server says of its role; nothing while it changes that, because then it hangs up on everybody.
    private func replication(of server: RedisServer) -> String {
        (try? server.execute("INFO", "replication")) ?? ""
    }

    /// How many connections of workers and producers a server has.
    private static func clients(of server: RedisServer) throws -> Int {
        try server.execute("CLIENT", "LIST", "TYPE", "normal").split(separator: "\n").count { line in
            // The others are Sentinel's, and the lab's own, on the Unix socket.
            line.contains("addr=127.0.0.1:") && !line.contains("name=sentinel") && !line.contains("cmd=client")
        }
    }

    private func failOver(
        politely wasPolite: Bool, _ lab: Lab, _ group: SentinelGroup, from old: RedisServer, to new: RedisServer,
        _ before: Range<UInt64>, _ cause: () async throws -> Void
    ) async throws -> Move {
        let began = monotonicNanoseconds()
        var promoted: UInt64 = 0
        var named: UInt64 = 0
        try await lab.outage(forgetting: .nanoseconds(Int64(Self.lag))) {
            try await cause()
            try await eventually("Sentinel names the other one", timeout: .seconds(60), every: .milliseconds(20)) {
                if promoted == 0, replication(of: new).contains("role:master") { promoted = monotonicNanoseconds() }
                if named == 0, try group.name(new) { named = monotonicNanoseconds() }
                return promoted > 0 && named > 0
            }
            // Until then it goes on taking jobs that nobody will see.
            if wasPolite {
                try await eventually("nobody is left at the old one", timeout: .seconds(60), every: .milliseconds(20)) {
                    try Self.clients(of: old) == 0
                }
            }
        }
        let left = monotonicNanoseconds()
        let atRisk = lab.acknowledged(from: began - Self.lag, until: left)
        lab.admitLoss(of: atRisk)
        // What begins before that may have been fetched from the old one.
        let healed = wasPolite ? left : promoted
        let limit = max(Self.limit, .nanoseconds(Int64(named - began)) + Self.ownLimit)
        try await lab.expectWork(within: limit, after: healed, since: began, as: before)
        let workers = Set(lab.running.map(\.nonce))
        let back = ProgressExpectation(
            before: 0..<0, healed: healed, within: 0, workers: workers, since: began
        ).waysBack(in: lab.ledger).values.max()
        let times = [promoted - began, named - began, back ?? 0].map { Duration.nanoseconds(Int64($0)).formatted }
        return Move(
            text:
                "\(wasPolite ? "polite" : "kill -9"): promoted after \(times[0]), named by Sentinel after \(times[1]), "
                + "all workers back after \(times[2])",
            atRisk: atRisk)
    }
}
