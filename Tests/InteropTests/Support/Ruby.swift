import Foundation
import TestSupport

/// Real Ruby Sidekiq: the machine's, or the one behind the prefix in `FLUME_RUBY`, such as `scripts/debian-13`.
enum Ruby {
    /// The words before `ruby` on a command line.
    static let prefix = (ProcessInfo.processInfo.environment["FLUME_RUBY"] ?? "").split(separator: " ").map(String.init)

    /// The reason a test is skipped with.
    static let absence = "no Ruby Sidekiq here; scripts/test installs it"

    /// The folder of this repository's Ruby files.
    static let scripts = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "interop/ruby").path

    /// The reason a test of ActiveJob is skipped with.
    static let activeJobAbsence = "no ActiveJob beside Ruby Sidekiq here; scripts/test installs both"

    /// Whether Sidekiq, its Web UI and Rack can be loaded; asked once.
    static let isThere = Task { try await loads("sidekiq", "rack", "sidekiq/web") }

    /// Whether ActiveJob can be loaded too; asked once.
    static let activeJobIsThere = Task { try await loads("sidekiq", "active_job", "globalid") }

    private static func loads(_ libraries: String...) async throws -> Bool {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let command = prefix + ["ruby", "-e", libraries.map { "require \"\($0)\"" }.joined(separator: "; ")]
        let child = try ChildProcess.spawn(command[0], Array(command.dropFirst()), output: directory.path)
        return await child.exit() == .status(0)
    }

    /// The command line that runs one of the Ruby files.
    static func command(_ script: String, _ arguments: [String]) -> [String] {
        prefix + ["ruby", "\(scripts)/\(script)"] + arguments
    }
}
