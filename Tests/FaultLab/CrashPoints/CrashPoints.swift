import Synchronization
import TestSupport

/// F18: the worker, the producer and the clock are killed between each pair of Redis commands.
///
/// Nothing is left to chance. Each station is run once undisturbed, and writes down every fault point it passes (see
/// `FaultPoint` in FlumeRedis); then it is run again for each of them, and dies there. A worker with another identity comes
/// after it; then the invariants are checked on that database. In a second part the process lives and its connection is cut
/// at the k-th message, for every k: once before Redis has the commands, once after Redis has executed them.
///
/// The short form takes each point of a station at its first passing, and cuts connections in one station; the long one takes
/// every passing (see ``CrashPlan``) and every station, and has processes die that had just lost a reply. Leases are 0.2 s to
/// 0.4 s long in both: nothing here depends on their length, and a recovery takes two to three of them.
struct CrashPoints: Scenario {
    let number = "F18"
    let name = "killed between any two commands"
    let redisArguments = ["--databases", "10000"]
    /// A process has a processor for less than half of its life.
    private static let parallel = 6

    func timeLimit(_ form: Form) -> Duration { form == .short ? .seconds(300) : .seconds(3600) }

    func run(in lab: Lab) async throws {
        let numbers = Atomic(1)
        let next: @Sendable () -> Int = { numbers.add(1, ordering: .relaxed).oldValue }
        let plans = try await inParallel(CrashStation.all) { station in
            (station: station, plan: try await trace(station, lab, next()))
        }.sorted { $0.station.name < $1.station.name }
        var known: Set<String> = []
        var deaths: [(CrashStation, String)] = []
        for (station, plan) in plans {
            let points = lab.form == .short ? plan.firstPassings(besides: &known) : plan.points
            print("F18: \(station.name): \(points.count) of \(plan.points.count) points")
            deaths += points.map { (station, $0) }
        }
        let ends = try await inParallel(deaths) { station, point in
            (station: station, point: point, hasDied: try await die(station, at: point, lab, next))
        }
        let misses = ends.filter { !$0.hasDied }.map { "\($0.station.name), \($0.point)" }.sorted()
        for miss in misses { print("F18: not passed a second time: \(miss)") }
        // How often a loop comes round is chance; what a station is there for is not.
        let died = Set(ends.filter(\.hasDied).compactMap { $0.station.aim(of: $0.point) })
        let untried = Set(ends.compactMap { $0.station.aim(of: $0.point) }).subtracting(died).sorted()
        lab.expect(untried.isEmpty, "nothing died at \(untried)")
        lab.expect(
            misses.count * 20 <= deaths.count,
            "\(misses.count) of \(deaths.count) points were not passed a second time: \(misses)")
        let sweeps = lab.form == .short ? Array(CrashStation.all.prefix(1)) : CrashStation.all
        var cuts = 0
        for station in sweeps { cuts += try await CutSweep(station: station, lab: lab, next: next).run(Self.parallel) }
        let relapsed = lab.form == .short ? 0 : try await relapses(lab, next)
        lab.expect(cuts > 0, "no connection was cut: no test")
        lab.expect(relapsed > 0 || lab.form == .short, "nothing died while it asked for a lost reply: no test")
        print(
            "F18: \(deaths.count - misses.count) deaths, \(misses.count) points not passed again, \(cuts) cuts, \(relapsed) of both"
        )
    }

    /// An undisturbed run.
    private func trace(_ station: CrashStation, _ lab: Lab, _ number: Int) async throws -> CrashPlan {
        let path = lab.directory.file("trace-\(number)")
        let site = try CrashSite(station, on: lab.server, number: number)
        let exit = try await site.run(.spared(trace: path))
        lab.expect(exit == .status(0), "\(station.name), undisturbed: the process ended by \(exit)\n\(site.lastWords)")
        if station.needsRescue { try await site.rescue() }
        lab.add(try await CrashJudge(site: site, death: nil).report(), "\(station.name), undisturbed")
        try await site.clear()
        let plan = CrashPlan(tracedIn: path)
        let missing = plan.missing(of: station.passes)
        lab.expect(missing.isEmpty, "\(station.name) did not pass \(missing)")
        return plan
    }

    /// A run that ends at a point.
    ///
    /// Loops that wait may pass a point less often than the last time; then it is run again with more time for them to come
    /// round.
    ///
    /// - Returns: whether it ended there.
    private func die(
        _ station: CrashStation, at point: String, _ lab: Lab, _ next: @Sendable () -> Int
    ) async throws -> Bool {
        for linger in [Duration.zero, .seconds(1), .seconds(1)]
        where try await die(station, at: point, through: nil, lingering: linger, lab, next()) {
            return true
        }
        return false
    }

    /// Two faults in one run: the reply to a fetch is lost, and the process dies while it asks what became of it.
    ///
    /// - Returns: how many runs died so; most cuts hit something else.
    private func relapses(_ lab: Lab, _ next: @escaping @Sendable () -> Int) async throws -> Int {
        let runs = (1...60).flatMap { number in
            ["jobs/adopt.before:1", "jobs/adopt.after:1"].map { (number, $0) }
        }
        return try await inParallel(runs) { number, point in
            let proxy = try await FaultProxy.start(to: lab.server)
            defer { proxy.close() }
            proxy.cut(at: number, of: .replies)
            return try await die(CrashStation.all[0], at: point, through: proxy, lingering: .zero, lab, next())
        }.count { $0 }
    }

    private func die(
        _ station: CrashStation, at point: String, through proxy: FaultProxy?, lingering linger: Duration, _ lab: Lab,
        _ number: Int
    ) async throws -> Bool {
        let place = "\(station.name), killed at \(point)"
        let site = try CrashSite(station, on: lab.server, number: number, through: proxy)
        do {
            let exit = try await site.run(.killed(at: point), lingering: linger)
            let hasDied = exit == .signal(9)
            // A process that cannot reach Redis at boot says so and ends.
            lab.expect(
                hasDied || exit == .status(0) || proxy != nil && exit == .status(1),
                "\(place): the process ended by \(exit)\n\(site.lastWords)")
            if hasDied {
                let death = try await CrashJudge.Death(at: site)
                try await site.rescue()
                lab.add(try await CrashJudge(site: site, death: death).report(), place)
            }
            try await site.clear()
            return hasDied
        } catch {
            lab.expect(false, "\(place): \(error)\n\(site.lastWords)")
            return true
        }
    }
}

/// Runs a body for each element, so many at a time.
///
/// - Returns: what the body returned, in no order.
func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: [Element], atATime width: Int = 6, _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: Result.self) { group in
        var waiting = elements[...]
        for _ in 0..<width {
            guard let element = waiting.popFirst() else { break }
            group.addTask { try await body(element) }
        }
        var results: [Result] = []
        for try await result in group {
            results.append(result)
            if let element = waiting.popFirst() { group.addTask { try await body(element) } }
        }
        return results
    }
}
