import FlumeRedis
import TestSupport

/// The invariants for one run of a station, and what is known besides because only one thing went wrong.
struct CrashJudge: Sendable {
    /// What was there when the victim was dead and nobody else had come.
    struct Death: Sendable {
        let time = monotonicNanoseconds()
        let redis: RedisSnapshot
        let unnamedQueues: Set<String>

        init(at site: CrashSite) async throws {
            redis = try await RedisSnapshot(reading: site.probe)
            unnamedQueues = try await site.unnamedQueues()
        }
    }

    let site: CrashSite
    /// Nil if the victim lived on.
    let death: Death?

    /// Judges what is left.
    func report() async throws -> ScenarioReport {
        let redis = try await RedisSnapshot(reading: site.probe)
        let ledger = site.ledger
        let evidence = Evidence(
            ledger: ledger, redis: redis, faults: death.map { [Fault(.killed, "victim", from: $0.time)] } ?? [],
            // A beat whose answer is lost may count or not.
            judgesCounters: death != nil, foreign: ["no job"])
        let problems =
            repeated(in: ledger) + halves(in: ledger) + ticks(in: ledger) + unnamed + (try await remains())
        var report = ScenarioReport(evidence: evidence, failures: problems, recoveryLimit: nil, runtime: .swift)
        // A station may have nothing that is acknowledged when its producer dies early.
        report.problems.removeAll { $0.hasPrefix("no job was acknowledged") }
        return report
    }

    /// A job that is done may be done again only if it was still in the dead process's record.
    private func repeated(in ledger: Ledger) -> [String] {
        let inflight = Set(
            (death?.redis.jobs ?? []).filter { if case .inflight = $0.place { true } else { false } }.compactMap(\.jid))
        return ledger.runsOfJob.sorted { $0.key < $1.key }.compactMap { jid, runs in
            let count = runs.count(where: \.isDone)
            guard count > 1, count > 2 || !inflight.contains(jid) else { return nil }
            return "job \(jid) was done \(count) times and was not in flight when the process died"
        }
    }

    /// What is enqueued in one call is there as a whole or not at all.
    private func halves(in ledger: Ledger) -> [String] {
        ["many", "mixed"].compactMap { group in
            let count = ledger.done.count { $0.hasPrefix(group) }
            return count == 0 || count == 3 ? nil : "\(count) of the 3 jobs of the call \(group) are there"
        }
    }

    /// Each tick has one job, and none is left out.
    private func ticks(in ledger: Ledger) -> [String] {
        guard case .cron = site.station.victim else { return [] }
        return Ticks(in: ledger).problems()
    }

    private var unnamed: [String] {
        (death?.unnamedQueues ?? []).sorted().map { "queue \($0) has jobs and is not in the set of queues" }
    }

    /// What must not be there any more, besides what the invariants look for.
    private func remains() async throws -> [String] {
        let keys = try await site.probe.send("KEYS", "*").array?.compactMap(\.string) ?? []
        let gone = ["flume:inflight:", "flume:parked:", "flume:slots:", "flume:commands:", "queue:"]
        return keys.filter { key in gone.contains { key.hasPrefix($0) } }.sorted().map { "\($0) is still there" }
    }
}
