import Foundation
import Testing

@Suite("README.md")
struct ReadmeTests {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()

    @Test("every Swift block compiles, because it stands word for word in a compiled file")
    func blocksCompile() throws {
        let readme = try String(
            contentsOf: Self.here.appending(path: "../../README.md").standardizedFileURL, encoding: .utf8)
        // Those that also run stand in the tests of their targets.
        let tests = FileManager.default.enumerator(
            at: Self.here.deletingLastPathComponent(), includingPropertiesForKeys: nil)
        let files = try (tests?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
            .map { lines(of: try String(contentsOf: $0, encoding: .utf8)) }
        let blocks = swiftBlocks(in: readme)
        #expect(blocks.count >= 10)
        for block in blocks {
            // Imports stand once at the top of a file, and `@main` cannot stand in a test.
            let wanted = lines(of: block).filter { !$0.hasPrefix("import ") }
                .map { $0.hasPrefix("@main ") ? String($0.dropFirst(6)) : $0 }
            #expect(files.contains { contains($0, wanted) }, "in no file of Tests:\n\(block)")
        }
    }

    @Test("every function of Flume for Elixir has its counterpart there, which compiles")
    func elixirFunctions() throws {
        let readme = try String(
            contentsOf: Self.here.appending(path: "../../README.md").standardizedFileURL, encoding: .utf8)
        let compiled = try lines(
            of: String(contentsOf: Self.here.appending(path: "ElixirSnippets.swift"), encoding: .utf8)
        ).joined(separator: "\n")
        let table = try #require(readme.components(separatedBy: "| Flume for Elixir | Here | Remark |\n").last)
        let rows = table.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("|") }
            .dropFirst()
        var functions = ""
        for row in rows.dropFirst() {
            let cells = row.split(separator: "|", omittingEmptySubsequences: false)
            try #require(cells.count == 5, "\(row)")
            functions += cells[1]
            for code in code(in: cells[2]) { #expect(compiled.contains(code), "\(code)") }
        }
        // The public functions of Flume for Elixir 0.2.0.
        for function in [
            "enqueue(", "bulk_enqueue", "enqueue_in", "pause(", "resume", "pause_all", "resume_all", "pipelines",
            "pending_jobs_count", "job_counts", "worker_context", "attach`", "attach_many", "execute", "measure",
            "unix_seconds", "format_module", "format_event_name", "Flume.Logger", "Flume.Mock", "with_flume_mock",
            "start_link", "redis_benchmark",
        ] { #expect(functions.contains(function), "\(function)") }
    }

    @Test("names every key of log metadata, and every key of Redis that begins with flume:")
    func names() throws {
        let root = Self.here.appending(path: "../..").standardizedFileURL
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let sources = FileManager.default.enumerator(
            at: root.appending(path: "Sources"), includingPropertiesForKeys: nil)
        var logKeys: Set<String> = []
        var redisKeys: Set<String> = []
        for case let url as URL in sources ?? .init() where url.pathExtension == "swift" {
            let text = try String(contentsOf: url, encoding: .utf8)
            if url.lastPathComponent.hasSuffix("LogKeys.swift") {
                logKeys.formUnion(text.matches(of: /"(flume\.[a-z_.]+)"/).map { String($0.1) })
            }
            redisKeys.formUnion(text.matches(of: /"(flume:[a-z-]+)/).map { String($0.1) })
        }
        #expect(logKeys.count > 30 && redisKeys.count > 15)
        let missing =
            logKeys.filter { !readme.contains("`\($0)`") }
            + redisKeys.filter { !readme.contains("`\($0)`") && !readme.contains("`\($0):") }
        #expect(missing == [])
    }

    /// What stands between back ticks.
    private func code(in text: some StringProtocol) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private func swiftBlocks(in text: String) -> [String] {
        text.components(separatedBy: "```swift\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    /// Lines without indentation and without empty ones; comments are part of what is compared.
    private func lines(of text: String) -> [String] {
        text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .filter { !$0.isEmpty }
    }

    private func contains(_ all: [String], _ part: [String]) -> Bool {
        guard let first = part.first else { return true }
        return all.indices.contains { start in
            all[start] == first && all[start...].starts(with: part)
        }
    }
}
