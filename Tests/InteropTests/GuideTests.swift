import Foundation
import TestSupport
import Testing

/// `interop/README.md`: its commands are run, and what they print is compared with what it says they print.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct GuideTests {
    private struct Command {
        var line: String
        var output: [String] = []
    }

    private static let root = URL(filePath: Ruby.scripts).deletingLastPathComponent().deletingLastPathComponent()

    /// The `console` blocks: commands begin with `$ `, what follows is what they print.
    ///
    /// Those with ActiveJob are marked `rails`.
    private func commands(withRails: Bool) throws -> [Command] {
        let guide = try String(contentsOf: Self.root.appending(path: "interop/README.md"), encoding: .utf8)
        var commands: [Command] = []
        var isConsole = false
        for line in guide.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isConsole = line == "```console" || withRails && line == "```console rails"
            } else if isConsole, line.hasPrefix("$ ") {
                commands.append(Command(line: String(line.dropFirst(2))))
            } else if isConsole {
                commands[commands.count - 1].output.append(String(line))
            }
        }
        return commands
    }

    /// Numbers other than 0 and ids differ from run to run.
    private func normalized(_ line: String) -> String {
        line.replacing(#/\b[0-9a-f]{24}\b/#, with: "<jid>").replacing(#/\b[1-9][0-9]*\b/#, with: "<number>")
    }

    /// The programs of this build, and the Ruby that is tested.
    private func local(_ line: String) -> String {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
        return line.replacing(".build/debug/", with: "\(folder)/")
            .replacing("ruby interop/", with: (Ruby.prefix + ["ruby interop/"]).joined(separator: " "))
    }

    @Test("the guide's commands print what it says, and its jobs are all done once")
    func guide() async throws {
        let commands = try commands(withRails: try await Ruby.activeJobIsThere.value)
        #expect(commands.count > 15)
        try await withInterop { interop in
            let lines = commands.enumerated().flatMap { ["echo '### \($0.offset)'", local($0.element.line)] }
            let script = interop.directory.file("guide.sh")
            // Whatever happens, nothing that it started stays.
            let opening = ["cd '\(Self.root.path)'", "export REDIS_URL=\(interop.url)", "trap 'kill $(jobs -p)' EXIT"]
            try (opening + lines).joined(separator: "\n").write(toFile: script, atomically: true, encoding: .utf8)
            let child = try ChildProcess.spawn("bash", [script], output: interop.directory.path, name: "guide")
            _ = await child.exit()
            let printed = child.output.components(separatedBy: "### ").dropFirst().map {
                $0.split(separator: "\n").dropFirst().map(String.init)
            }
            #expect(printed.count == commands.count, "\(child.errorOutput.suffix(2_000))")
            for (command, output) in zip(commands, printed) {
                #expect(output.map(normalized) == command.output.map(normalized), "\(command.line)")
            }
        }
    }
}
