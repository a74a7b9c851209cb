import FlumeRedis
import Foundation
import TestSupport

/// Runs scenarios: those that mostly wait side by side, the others alone.
struct ScenarioRunner: Sendable {
    var form: Form
    var seed: UInt64
    var runtime: WorkerRuntime

    /// Runs scenarios and tells of each as it ends.
    ///
    /// - Parameters:
    ///   - scenarios: in the order of the table.
    ///   - parallel: how many of those that mostly wait run at the same time.
    /// - Returns: a row for each.
    func run(_ scenarios: [any Scenario], parallel: Int) async -> ReportTable {
        let numbered = Array(scenarios.enumerated())
        var rows: [Int: ReportTable.Row] = [:]
        await withTaskGroup(of: (Int, ReportTable.Row).self) { group in
            var waiting = numbered.filter { $0.element.isMostlyWaiting }[...]
            for _ in 0..<parallel {
                guard let next = waiting.popFirst() else { break }
                group.addTask { (next.offset, await run(next.element)) }
            }
            for await (index, row) in group {
                rows[index] = row
                guard let next = waiting.popFirst() else { continue }
                group.addTask { (next.offset, await run(next.element)) }
            }
        }
        for (index, scenario) in numbered where !scenario.isMostlyWaiting { rows[index] = await run(scenario) }
        return ReportTable(rows: numbered.compactMap { rows[$0.offset] })
    }

    private func run(_ scenario: any Scenario) async -> ReportTable.Row {
        let start = ContinuousClock.now
        let report = await report(of: scenario)
        let row = ReportTable.Row(
            number: scenario.number, name: scenario.name, report: report, elapsed: start.duration(to: .now))
        print("\(report.isPassed ? "passed" : "FAILED") \(row.number) \(row.name) in \(row.elapsed.formatted)")
        if !report.isPassed {
            for problem in report.problems.prefix(20) { print("    \(problem)") }
            if report.problems.count > 20 { print("    and \(report.problems.count - 20) more") }
            print("    replay: \(replay(scenario))")
        }
        return row
    }

    private func replay(_ scenario: any Scenario) -> String {
        "scripts/fault-lab --only \(scenario.number) --seed \(seed)\(form == .long ? " --all" : "")"
            + (runtime == .ruby ? " --ruby" : "")
    }

    private func report(of scenario: any Scenario) async -> ScenarioReport {
        do {
            let files = try TemporaryDirectory()
            defer { files.remove() }
            let clock = scenario.movesRedisClock ? try LabClock("redis", in: files) : nil
            return try await withRedisServer(
                scenario.redisArguments, tcp: scenario.needsTCP || runtime == .ruby,
                environment: clock?.environment ?? [:]
            ) { server in
                // The same for a scenario whether it runs alone or among others.
                let own = scenario.number.utf8.reduce(seed) { ($0 &* 31) &+ UInt64($1) }
                let lab = try Lab(form: form, seed: own, runtime: runtime, server: server, redisClock: clock)
                defer { lab.abandon() }
                do {
                    try await within(scenario.timeLimit(form)) { try await scenario.run(in: lab) }
                    let report = try await lab.judge()
                    await lab.probe.client.close()
                    if !report.isPassed { print(lab.lastWords) }
                    return report
                } catch {
                    print(lab.lastWords)
                    var report = (try? await lab.judge()) ?? ScenarioReport(error: error)
                    report.problems.insert("\(error)", at: 0)
                    await lab.probe.client.close()
                    return report
                }
            }
        } catch {
            return ScenarioReport(error: error)
        }
    }

    /// Gives a hung scenario up.
    private func within(_ limit: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TestSupportError("the scenario was not over after \(limit.formatted)")
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
