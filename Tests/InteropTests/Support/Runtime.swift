import Foundation
import Testing

/// Who enqueues or runs a job.
///
/// Both have the same command lines, so every test can be turned round.
enum Runtime: String, Sendable, CustomTestStringConvertible {
    case ruby
    case swift

    var testDescription: String { rawValue }

    /// With `FLUME_INTEROP_CONTROL=1` Ruby plays Swift's part as well: a test that fails then is wrong itself.
    private static let isControl = ProcessInfo.processInfo.environment["FLUME_INTEROP_CONTROL"] == "1"

    /// The command line of the producer.
    func producer(_ arguments: [String]) -> [String] {
        switch self {
        case .swift where !Self.isControl: [Self.built("interop-producer")] + arguments
        case .ruby, .swift: Ruby.command("enqueue.rb", arguments)
        }
    }

    /// The command line of the worker.
    func worker(_ arguments: [String]) -> [String] {
        switch self {
        case .swift where !Self.isControl: [Self.built("interop-worker")] + arguments
        case .ruby, .swift: Ruby.command("worker.rb", arguments)
        }
    }

    /// The executables lie beside the program that runs the tests.
    private static func built(_ name: String) -> String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name).path
    }
}

/// From whom to whom a job goes.
struct Direction: Sendable, CustomTestStringConvertible {
    let from: Runtime
    let to: Runtime

    static let both = [Direction(from: .ruby, to: .swift), Direction(from: .swift, to: .ruby)]

    var testDescription: String { "\(from.rawValue) to \(to.rawValue)" }
}
