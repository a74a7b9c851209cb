import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import TestSupport
import Testing

@testable import FlumeCheck

/// Values written by real Sidekiq and ActiveJob, where they were written.
@Suite("Checking captured jobs")
struct CapturedJobTests {
    /// Puts every captured value of a version into its queue or set; the name is `<stage>.<key>.<label>`.
    private func seed(_ probe: RedisProbe, version: String) async throws -> Int {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "FlumeWireTests/Fixtures/sidekiq-\(version).tsv")
        var count = 0
        for line in try Data(contentsOf: fixtures).split(separator: UInt8(ascii: "\n")) {
            guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { continue }
            let place = String(decoding: line[..<tab], as: UTF8.self).split(separator: ".")[1]
            var command: RedisCommand
            if place.hasPrefix("queue_") {
                try await probe.send("SADD", "queues", String(place.dropFirst(6)))
                command = RedisCommand("LPUSH", "queue:\(place.dropFirst(6))")
            } else if ["retry", "schedule", "dead"].contains(place) {
                command = RedisCommand("ZADD", String(place), "1")
            } else {
                continue
            }
            command.append(Array(line[line.index(after: tab)...]))
            // A set takes the same bytes once.
            let isNew = try await probe.client.send(command).integer ?? 0
            count += place.hasPrefix("queue_") ? 1 : isNew
        }
        return count
    }

    @Test("jobs of every version are read, and told by the class and the arguments that Ruby knows")
    func versions() async throws {
        for version in ["6.4.1", "6.5.12", "7.3.9", "8.1.7"] {
            try await withProbe { probe in
                let count = try await seed(probe, version: version)
                let expectations = try ["PlainJob(...)", "LowJob(Int)"].map { try ExpectedArguments($0) }
                let report = try await PayloadChecker(
                    redis: probe.client, handlers: HandlerRegistry([]), expectations: expectations
                ).report()
                #expect(report.places.map(\.read).reduce(0, +) == count, "\(version)")
                #expect(report.unreadable.allSatisfy { $0.place == "dead" })
                #expect(report.classes.map(\.read).reduce(report.unreadable.count, +) == count)
                let plain = try #require(report.classes.first { $0.name == "PlainJob" })
                #expect(plain.read > 10 && plain.decoded == plain.read)
                #expect(report.classes.first { $0.name == "LowJob" }?.mismatches.first?.arguments == "[String]")
                let rich = try #require(report.classes.first { $0.name == "RichJob" }, "not the wrapper")
                let shapes = Set(rich.mismatches.map(\.arguments))
                #expect(
                    shapes.isSuperset(of: [
                        "[Integer, Hash{a: Integer, b: Hash{c: Integer}}]", "[Duration]", "[Date]", "[DateTime]",
                        "[GlobalID, Array[GlobalID]]", "[Module, Module]", "[Symbol]", "[Time]",
                        #"[Hash{"str" => Integer, sym: Symbol}, Hash{"a" => Hash{"b" => Integer}}]"#,
                    ]), "\(version): \(shapes)")
            }
        }
    }
}
