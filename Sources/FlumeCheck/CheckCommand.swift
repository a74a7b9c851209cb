import ArgumentParser
import FlumeRedis
public import FlumeWorker
import Foundation
import Logging

/// The command line of a check, for a program of your own that knows your handlers.
///
/// ```swift
/// import FlumeCheck
/// import Foundation
///
/// @main
/// struct Check {
///     static func main() async { exit(await CheckCommand.run(handlers: handlers)) }
/// }
/// ```
public enum CheckCommand: Sendable {
    /// What the program ends with.
    public enum Status: Sendable {
        /// Everything that was read decodes.
        public static let clean: Int32 = 0
        /// Something does not.
        public static let mismatches: Int32 = 1
        /// It could not be found out: Redis does not answer, or the command line makes no sense.
        public static let trouble: Int32 = 2
    }

    /// Reads the command line, checks, prints the report.
    ///
    /// - Parameters:
    ///   - handlers: those of the worker.
    ///   - arguments: the words behind the program's name; `--help` lists what there is.
    /// - Returns: the exit status, see ``Status``.
    public static func run(
        handlers: HandlerRegistry, arguments: [String] = Array(CommandLine.arguments.dropFirst())
    ) async -> Int32 {
        let options: CheckOptions
        do {
            options = try CheckOptions.parse(arguments)
        } catch {
            let isHelp = CheckOptions.exitCode(for: error).isSuccess
            write(CheckOptions.fullMessage(for: error), to: isHelp ? .standardOutput : .standardError)
            return isHelp ? Status.clean : Status.trouble
        }
        do {
            let report = try await check(options, handlers)
            write(options.json ? try json(report) : report.text, to: .standardOutput)
            return (options.strict ? report.isStrictlyClean : report.isClean) ? Status.clean : Status.mismatches
        } catch {
            let sentence = (error as? RedisError)?.message ?? "\(error)"
            write("\(ProcessInfo.processInfo.processName): \(sentence)", to: .standardError)
            return Status.trouble
        }
    }

    private static func check(_ options: CheckOptions, _ handlers: HandlerRegistry) async throws -> CheckReport {
        let configuration = try RedisConfiguration.option(options.redis)
        let silent = Logger(label: "flume-check") { _ in SwiftLogNoOpLogHandler() }
        let client = RedisClient(configuration, logger: silent)
        // A client tries for ever to connect; this asks once and says what is wrong.
        try await client.checkServer()
        let checker = PayloadChecker(
            redis: client, namespace: options.namespace, handlers: handlers, expectations: try options.expectations())
        let report = try await checker.report(on: options.scope)
        await client.close()
        return report
    }

    private static func json(_ report: CheckReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    private static func write(_ text: String, to file: FileHandle) {
        try? file.write(contentsOf: Data((text + "\n").utf8))
    }
}
