import ArgumentParser
import FlumeInspector
import Foundation

extension FlumeControl {
    struct Facts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what there is to know about the queues, as JSON.")

        @ParentCommand var flume: FlumeControl
        @Option(help: "How many running jobs to list at most.")
        var jobs = 1000

        func validate() throws {
            guard jobs >= 0 else { throw ValidationError("--jobs \(jobs): choose 0 or more") }
        }

        func run() async throws {
            try await flume.withInspector { inspector in
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                var data = try encoder.encode(try await inspector.facts(jobLimit: jobs))
                data.append(UInt8(ascii: "\n"))
                try FileHandle.standardOutput.write(contentsOf: data)
            }
        }
    }
}
