import ArgumentParser
import FlumeInspector
import FlumeRedis
import Foundation
import Logging

/// Steers running workers and reads facts, from a shell.
@main
struct FlumeControl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flume-control", abstract: "Pauses, resumes and subscribes running workers, and tells facts.",
        subcommands: [Pause.self, Resume.self, Subscribe.self, Unsubscribe.self, Release.self, Facts.self])

    @Option(help: "The Redis to work on (default: REDIS_URL, which nobody else can see).")
    var redis: String?
    @Option(help: "Put before every key, with a colon.")
    var namespace = ""

    /// Does something with an inspector; what goes wrong becomes a sentence on standard error and exit status 1.
    func withInspector(_ body: (Inspector) async throws -> Void) async throws {
        do {
            let configuration = try RedisConfiguration.option(redis)
            let silent = Logger(label: "flume-control") { _ in SwiftLogNoOpLogHandler() }
            let client = RedisClient(configuration, logger: silent)
            try await client.checkServer()
            try await body(Inspector(redis: client, namespace: namespace))
            await client.close()
        } catch let error as RedisError {
            try fail(error.message)
        } catch let error as InspectorError {
            try fail(error.description)
        }
    }

    private func fail(_ sentence: String) throws {
        say(sentence)
        throw ExitCode.failure
    }
}

/// Says something to people, on standard error.
func say(_ sentence: String) {
    FileHandle.standardError.write(Data("flume-control: \(sentence)\n".utf8))
}
