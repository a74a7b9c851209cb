import Foundation
import Glibc

/// The programs that scenarios start.
enum LabPrograms {
    /// This very program, whatever became of its file meanwhile.
    static let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "fault-lab"

    /// A file of `interop/ruby`, behind the prefix in `FLUME_RUBY`, such as `scripts/debian-13`.
    static func ruby(_ file: String) -> [String] {
        let prefix = (ProcessInfo.processInfo.environment["FLUME_RUBY"] ?? "").split(separator: " ").map(String.init)
        return prefix + ["ruby", "\(rubyFolder)/\(file)"]
    }

    private static let rubyFolder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "interop/ruby").path
}
