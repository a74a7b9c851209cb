import Foundation
import Glibc

/// What a table was made of and on: without it figures say nothing.
enum Surroundings {
    /// One line.
    static var text: String {
        let environment = ProcessInfo.processInfo.environment
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let model = first("/proc/cpuinfo", "model name").map { " × \($0)" } ?? ""
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / Double(1 << 30)
        let system = first("/etc/os-release", "PRETTY_NAME")?.replacing("\"", with: "") ?? "an unknown system"
        let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        return [
            "commit \(environment["FLUME_LAB_COMMIT"] ?? "unknown")", "\(processors)\(model)",
            "\(Int(memory.rounded())) GB", system, "Linux \(kernel.filter { !$0.isWhitespace })",
            environment["FLUME_LAB_REDIS"] ?? "an unknown Redis",
        ].joined(separator: ", ")
    }

    /// What stands behind a word and `:` or `=`, where it first stands at the beginning of a line.
    private static func first(_ path: String, _ word: String) -> String? {
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(word) }
        return line?.split(maxSplits: 1) { $0 == ":" || $0 == "=" }.last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
