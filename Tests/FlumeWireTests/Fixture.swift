import Foundation
import Testing

/// Reads what real producers wrote; see Fixtures/README.md.
enum Fixture {
    struct Job: Sendable {
        var name: String
        var bytes: [UInt8]
    }

    static let sidekiqs = ["6.4.1", "6.5.12", "7.3.9", "8.1.7"]
    static let files =
        sidekiqs.map { "sidekiq-\($0)" } + ["sidekiq-6.4.1-namespace", "sidekiq-6.5.12-namespace", "exq-0.23"]

    static func data(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func jobs(_ file: String) throws -> [Job] {
        try data(file + ".tsv").split(separator: UInt8(ascii: "\n")).map { line in
            let tab = try #require(line.firstIndex(of: UInt8(ascii: "\t")))
            return Job(name: String(decoding: line[..<tab], as: UTF8.self), bytes: Array(line[(tab + 1)...]))
        }
    }

    static func job(_ file: String, _ name: String) throws -> [UInt8] {
        try #require(try jobs(file).first { $0.name == name }, "no \(name) in \(file)").bytes
    }
}
