import FlumeWire
import Foundation
import TestSupport
import Testing

/// CurrentAttributes that Ruby's own `Sidekiq::CurrentAttributes` writes and reads.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.activeJobAbsence)) { try await Ruby.activeJobIsThere.value })
struct CurrentAttributesTests {
    private static let current: JSONValue = ["user_id": 5, "tenant": "acme"]

    private func records(_ interop: Interop, count: Int) async throws -> [JSONValue] {
        try await eventually("\(count) echoes", timeout: .seconds(40)) {
            try interop.list("interop:echo").count >= count
        }
        return try interop.list("interop:echo").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    @Test("what is current where a job is enqueued is current where it runs", arguments: Direction.both)
    func handedOn(_ direction: Direction) async throws {
        try await withInterop { interop in
            let (current, args) = (Self.current.description, #"["x"]"#)
            let options = ["--redis", interop.url, "--active-job", "RailsEchoJob", "--args", args]
            switch direction.from {
            case .ruby: try await interop.run(Ruby.command("active_job.rb", options + ["--current", current]))
            case .swift:
                try await interop.run(Runtime.swift.producer(options + ["--rails", "6.1", "--cattr", current]))
            }
            #expect(try interop.waiting(in: "default").map { $0["cattr"] } == [Self.current])
            let echoes = try await interop.withWorker(direction.to) { _ in try await records(interop, count: 1) }
            #expect(echoes.map { $0["cattr"] } == [Self.current] && echoes.map { $0["args"] } == [["x"]])
        }
    }

    @Test("the attempts of retry_on keep it, whoever runs them", arguments: Direction.both)
    func retryOn(_ direction: Direction) async throws {
        try await withInterop { interop in
            try await interop.run(
                Ruby.command(
                    "active_job.rb",
                    ["--redis", interop.url, "--active-job", "RailsRetryJob", "--current", Self.current.description]))
            for (runtime, count) in [(direction.from, 1), (direction.to, 2)] {
                try await interop.withWorker(runtime) { _ in
                    _ = try await records(interop, count: count)
                    // The next attempt, or after the last one Sidekiq's own retry.
                    try await eventually("what comes next waits", timeout: .seconds(40)) {
                        try interop.number("ZCARD", "schedule") + interop.number("ZCARD", "retry") > 0
                    }
                }
                for next in try interop.entries("schedule") {
                    #expect(next["cattr"] == Self.current, "\(next)")
                    try interop.database.execute("ZREM", "schedule", next.description)
                    try interop.database.execute("LPUSH", "queue:default", next.description)
                }
            }
            let echoes = try await records(interop, count: 2)
            #expect(echoes.allSatisfy { $0["cattr"] == Self.current }, "\(echoes)")
            let executions = echoes.map { $0["executions"] }
            #expect(executions.contains(1) && executions.contains(2))
        }
    }
}
