/// The result as Markdown.
struct ReportTable: Sendable {
    /// A scenario and how it ended.
    struct Row: Sendable {
        var number: String
        var name: String
        var report: ScenarioReport
        var elapsed: Duration
    }

    var rows: [Row] = []

    /// Adds what another worker made of the same scenarios, each below that of ours.
    mutating func insert(_ other: ReportTable, as name: String) {
        for var row in other.rows {
            guard let index = rows.lastIndex(where: { $0.number == row.number }) else { continue }
            row.name = "… \(name)"
            rows.insert(row, at: index + 1)
        }
    }

    /// One line for each scenario.
    var markdown: String {
        let header = ["Scenario", "Jobs", "Lost", "Done twice (allowed)", "Recovery", "Verdict", "Took"]
        let lines = rows.map { row in
            let report = row.report
            return [
                "\(row.number) \(row.name)", "\(report.jobs)", "\(report.lost)",
                "\(report.duplicated) (\(report.allowed))", report.recovery.text,
                report.isPassed ? "passed" : "**FAILED**", row.elapsed.formatted,
            ]
        }
        let rule = ["---", "---:", "---:", "---:", "---:", "---", "---:"]
        return ([header, rule] + lines).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }
}
