import Foundation
import TestSupport

/// The wall clock of one process, to be moved while the process runs.
struct LabClock: Sendable {
    private let path: String
    /// The variables of a process that has this clock.
    let environment: [String: String]

    /// Words before a command that has this clock.
    var prefix: [String] { ["/usr/bin/env"] + environment.map { "\($0.key)=\($0.value)" }.sorted() }

    /// Makes a clock that is right.
    ///
    /// - Parameters:
    ///   - name: whose it is.
    ///   - directory: gets its file.
    /// - Throws: ``TestSupportError`` when there is no library to preload.
    init(_ name: String, in directory: TemporaryDirectory) throws {
        guard let library = ProcessInfo.processInfo.environment["FLUME_CLOCK_LIBRARY"] else {
            throw TestSupportError("FLUME_CLOCK_LIBRARY is not set; scripts/fault-lab makes that library and sets it")
        }
        path = directory.file("\(name).clock")
        environment = ["LD_PRELOAD": library, "FLUME_CLOCK": path]
        try Data(count: MemoryLayout<Int64>.size).write(to: URL(filePath: path))
    }

    /// Sets it so many seconds ahead of the right time.
    ///
    /// - Throws: when the file cannot be written.
    func set(ahead seconds: Int) throws {
        // The process has mapped this very file: it must not be replaced.
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        let bits = UInt64(bitPattern: Int64(seconds))
        try file.write(contentsOf: Data((0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }))
    }
}
