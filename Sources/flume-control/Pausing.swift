import ArgumentParser
import Flume
import FlumeInspector

/// What is paused or resumed, and where.
struct PauseTarget: ParsableArguments {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case pipeline, queue, all
    }

    @Argument(help: "What: pipeline NAME, queue NAME, or all (every pipeline).")
    var kind: Kind
    @Argument(help: "The name of the pipeline or queue.")
    var name: String?
    @Option(help: "Only in the process of this identity, until it ends; without, in every process, kept over restarts.")
    var temporary: String?

    func validate() throws {
        switch (kind, name) {
        case (.all, .some(let name)): throw ValidationError("all has no name: leave out \"\(name)\"")
        case (.pipeline, nil), (.queue, nil):
            throw ValidationError("which \(kind.rawValue)? Write \(kind.rawValue) NAME")
        default: break
        }
    }

    var scope: FlumeEvent.PauseScope {
        switch kind {
        case .pipeline: .pipeline(name ?? "")
        case .queue: .queue(name ?? "")
        case .all: .all
        }
    }

    /// A pause of something that nobody has is kept all the same, for it may be started later.
    ///
    /// More likely it is a typo.
    func warnIfUnknown(_ inspector: Inspector) async throws {
        guard temporary == nil, let name else { return }
        let pipelines = try await inspector.facts(jobLimit: 0).processes.flatMap(\.pipelines)
        let isKnown = pipelines.contains { kind == .pipeline ? $0.name == name : $0.queues.contains(name) }
        if !isKnown { say("note: no running process has a \(kind.rawValue) \"\(name)\"") }
    }

    /// The end of a pause in Redis is not that of pauses which processes made for themselves.
    func tellWhoStaysPaused(_ inspector: Inspector) async throws {
        guard temporary == nil else { return }
        for process in try await inspector.facts(jobLimit: 0).processes {
            for kept in keeps(process.pauses) {
                say(
                    "note: process \(process.identity) keeps a pause of its own; it goes on with "
                        + "resume \(kept) --temporary \(process.identity)")
            }
        }
    }

    /// Which of a process's own pauses concern what was resumed, in the words of the command line.
    private func keeps(_ pauses: QueueFacts.Pauses) -> [String] {
        let pipelines = pauses.pipelines.filter { kind == .all || kind == .pipeline && $0 == name }
        let queues = pauses.queues.filter { kind == .queue && $0 == name }
        return (pauses.all && kind != .queue ? ["all"] : []) + pipelines.map { "pipeline \($0)" }
            + queues.map { "queue \($0)" }
    }
}

extension FlumeControl {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes no more jobs of a pipeline, a queue or all; those that run come to their end.")

        @ParentCommand var flume: FlumeControl
        @OptionGroup var target: PauseTarget

        func run() async throws {
            try await flume.withInspector { inspector in
                try await inspector.pause(target.scope, in: target.temporary)
                try await target.warnIfUnknown(inspector)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes jobs again.")

        @ParentCommand var flume: FlumeControl
        @OptionGroup var target: PauseTarget

        func run() async throws {
            try await flume.withInspector { inspector in
                try await inspector.resume(target.scope, in: target.temporary)
                try await target.warnIfUnknown(inspector)
                try await target.tellWhoStaysPaused(inspector)
            }
        }
    }
}
