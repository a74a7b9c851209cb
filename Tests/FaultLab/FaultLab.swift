import ArgumentParser

/// Real processes, real faults, one oracle.
@main
struct FaultLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault-lab", abstract: "Kills, stops and starves real processes and checks that no job is lost.",
        subcommands: [RunCommand.self, WorkerCommand.self, ProducerCommand.self, CrashVictimCommand.self],
        defaultSubcommand: RunCommand.self)
}
