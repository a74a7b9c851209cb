import ArgumentParser
import Foundation
import TestSupport

/// `fault-lab`: runs scenarios and prints a table.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs scenarios and prints a Markdown table; exits 1 if one fails.")

    @Flag(help: "The long form: the product's own lease of 10 s, many rounds.")
    var all = false
    @Option(help: "Only these scenarios: F1,F3.")
    var only: String?
    @Option(help: "What all randomness comes from.")
    var seed: UInt64?
    @Flag(help: "List the scenarios.")
    var list = false
    @Flag(help: "Grade Ruby's Sidekiq as well, in the scenarios where that makes sense.")
    var ruby = false
    @Option(help: "How many scenarios that mostly wait run at the same time.")
    var parallel = 4

    func run() async throws {
        let chosen = try scenarios()
        if list {
            for scenario in chosen { print("\(scenario.number)\t\(scenario.name)") }
            return
        }
        let seed = seed ?? (all ? UInt64.random(in: 1...999_999) : 1)
        let runner = ScenarioRunner(form: all ? .long : .short, seed: seed, runtime: .swift)
        let flume = await runner.run(chosen, parallel: max(1, parallel))
        var table = flume
        if ruby {
            var runner = runner
            runner.runtime = .ruby
            table.insert(await runner.run(chosen.filter(\.canRunRuby), parallel: max(1, parallel)), as: "Sidekiq")
        }
        print("\nfault-lab\(all ? " --all" : "")\(ruby ? " --ruby" : ""), seed \(seed), \(Surroundings.text)")
        print("\n\(table.markdown)")
        // Others are graded, but only Flume has to pass.
        if flume.rows.contains(where: { !$0.report.isPassed }) { throw ExitCode.failure }
    }

    private func scenarios() throws -> [any Scenario] {
        let numbers = only?.split(separator: ",").map { $0.uppercased() }
        for number in numbers ?? [] where !Scenarios.all.contains(where: { $0.number == number }) {
            throw ValidationError("--only \(number): there is no such scenario; --list shows all")
        }
        return Scenarios.all.filter { scenario in
            numbers?.contains(scenario.number) ?? true
        }
    }
}
