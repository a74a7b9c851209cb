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
            let wanted = lines(of: block).filter { !$0.hasPrefix("import ") && $0 != "@main" }
            #expect(files.contains { contains($0, wanted) }, "in no file of Tests:\n\(block)")
        }
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
