import ArgumentParser
import FlumeInspector

extension FlumeControl {
    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts jobs that wait for a key of a limit back into their queues; prints how many.",
            discussion:
                "For pipelines and limits that were removed or renamed: nobody takes their waiting jobs any more.")

        @ParentCommand var flume: FlumeControl
        @Argument(help: "The pipeline that had taken them.")
        var pipeline: String
        @Option(help: "Only those that wait for this limit, by its name in the facts.")
        var limit: String?

        func run() async throws {
            try await flume.withInspector { inspector in
                let count = try await inspector.release(parked: pipeline, limit: limit)
                print(count)
                if count == 0 {
                    let others = try await inspector.parkedPipelines().map { "\($0.pipeline) (limit \($0.limit))" }
                    say(
                        "note: nothing waited; jobs wait in \(others.isEmpty ? "none" : others.joined(separator: ", "))"
                    )
                }
                let processes = try await inspector.facts(jobLimit: 0).processes
                if let process = processes.first(where: { $0.pipelines.contains { $0.name == pipeline } }) {
                    say(
                        "note: process \(process.identity) runs this pipeline; with the limit, jobs wait again"
                    )
                }
            }
        }
    }
}
