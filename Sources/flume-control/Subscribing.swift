import ArgumentParser
import FlumeInspector

/// Which processes are meant.
struct Processes: ParsableArguments {
    @Option(help: "Only the process of this identity; without, all that run now.")
    var identity: String?

    /// Tells each process; goes on when one refuses, and fails in the end.
    func tell(_ inspector: Inspector, _ body: (String) async throws -> Void) async throws {
        if let identity { return try await body(identity) }
        let identities = try await inspector.processes()
        guard !identities.isEmpty else {
            say("no process runs")
            throw ExitCode.failure
        }
        var hasFailed = false
        for identity in identities {
            do {
                try await body(identity)
            } catch let error as InspectorError {
                say(error.description)
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode.failure }
    }
}

extension FlumeControl {
    struct Subscribe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has processes read a queue in a pipeline of its own, until they end.")

        @ParentCommand var flume: FlumeControl
        @Argument(help: "The queue.")
        var queue: String
        @Option(help: "How many of its jobs run at a time in each process.")
        var concurrency: Int
        @OptionGroup var processes: Processes

        func validate() throws {
            guard !queue.isEmpty else { throw ValidationError("the name of the queue is empty") }
            guard concurrency > 0 else { throw ValidationError("--concurrency \(concurrency): choose 1 or more") }
        }

        func run() async throws {
            try await flume.withInspector { inspector in
                try await processes.tell(inspector) {
                    try await inspector.subscribe(to: queue, concurrency: concurrency, in: $0)
                }
            }
        }
    }

    struct Unsubscribe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has processes read a queue no more, or none at all; jobs that run come to their end.")

        @ParentCommand var flume: FlumeControl
        @Argument(help: "The queue.")
        var queue: String?
        @Flag(help: "Every queue.")
        var all = false
        @OptionGroup var processes: Processes

        func validate() throws {
            guard all != (queue != nil) else { throw ValidationError("write a queue or --all") }
            guard queue != "" else { throw ValidationError("the name of the queue is empty") }
        }

        func run() async throws {
            try await flume.withInspector { inspector in
                try await processes.tell(inspector) { identity in
                    guard let queue else { return try await inspector.unsubscribeAll(in: identity) }
                    try await inspector.unsubscribe(from: queue, in: identity)
                }
            }
        }
    }
}
