import ArgumentParser
import Foundation

/// The command line of ``CheckCommand``.
struct CheckOptions: ParsableCommand {
    /// The program is the user's own, and has a name of its own.
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: ProcessInfo.processInfo.processName,
            abstract: "Decodes the jobs that are stored in Redis against the handlers of a worker, and runs nothing.",
            discussion: "Exit status 0: everything decodes; 1: something does not; 2: it could not be found out.")
    }

    @Option(help: "The Redis to read (default: REDIS_URL, or redis://127.0.0.1:6379/0).")
    var redis: String?
    @Option(help: "Put before every key, with a colon.")
    var namespace = ""
    @Option(help: "A queue to read, repeatable; all if there is none.")
    var queue: [String] = []
    @Option(name: .customLong("class"), help: "A class to look at, repeatable; all if there is none.")
    var jobClass: [String] = []
    @Flag(help: "Read queues only, not retry, schedule and dead.")
    var queuesOnly = false
    @Option(help: "How many jobs of each queue and set are read at most, the oldest first.")
    var limit = 10_000
    @Option(help: "The arguments of a class without a handler, repeatable: 'ImageJob(Int, [String], Double?)'.")
    var expect: [String] = []
    @Flag(help: "Count classes that are not known as failures too.")
    var strict = false
    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        guard !queue.contains("") else { throw ValidationError("--queue: the name of a queue is empty") }
        guard limit > 0 else { throw ValidationError("--limit \(limit): choose 1 or more") }
        do {
            _ = try expectations()
        } catch {
            throw ValidationError("--expect \(error)")
        }
    }

    func expectations() throws -> [ExpectedArguments] {
        try expect.map { try ExpectedArguments($0) }
    }

    var scope: PayloadChecker.Scope {
        var scope = PayloadChecker.Scope()
        if !queue.isEmpty { scope.queues = queue }
        scope.includesSets = !queuesOnly
        scope.classes = Set(jobClass)
        scope.limit = limit
        return scope
    }
}
