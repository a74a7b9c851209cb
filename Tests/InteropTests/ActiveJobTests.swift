import FlumeWire
import Foundation
import TestSupport
import Testing

/// Jobs of ActiveJob classes, from Ruby to Swift and back.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.activeJobAbsence)) { try await Ruby.activeJobIsThere.value })
struct ActiveJobTests {
    /// What a run of RailsEchoJob or RailsRetryJob wrote down.
    private struct Echo: Sendable {
        var record: JSONValue

        var jid: String? { record["jid"]?.string }
        var jobID: String? { record["job_id"]?.string }
        var executions: Int? { record["executions"]?.int }
        var arguments: JSONValue? { record["args"] }
    }

    private func records(_ interop: Interop, count: Int) async throws -> [Echo] {
        try await eventually("\(count) echoes", timeout: .seconds(40)) {
            try interop.list("interop:echo").count >= count
        }
        return try interop.list("interop:echo").map { Echo(record: try JSONValue(parsing: Array($0.utf8))) }
    }

    private func ruby(_ interop: Interop, _ options: String...) async throws -> String {
        try await interop.run(Ruby.command("active_job.rb", ["--redis", interop.url] + options))
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The ActiveJob at hand, for whom Swift writes.
    private func rails(_ interop: Interop) async throws -> String {
        String(try await ruby(interop, "--version").split(separator: ".").prefix(2).joined(separator: "."))
    }

    /// The `arguments` of the jobs in a queue, by jid.
    private func stored(_ interop: Interop, _ queue: String) throws -> [String: JSONValue] {
        let jobs = try interop.waiting(in: queue).map { job in
            (try #require(job.jid), try #require(job["args"]?.array?.first?["arguments"]))
        }
        return Dictionary(jobs) { $1 }
    }

    @Test("every kind of argument that Ruby enqueues is decoded in Swift and is the same when it is written again")
    func fromRuby() async throws {
        try await withInterop { interop in
            let jids = try await ruby(interop, "--sample", "all", "--queue", "rails", "--priority", "4")
                .split(separator: "\n").map(String.init)
            let sent = try stored(interop, "rails")
            #expect(sent.count >= 12 && Set(jids) == Set(sent.keys))
            let echoes = try await interop.withWorker(.swift, queues: "rails") { _ in
                try await records(interop, count: sent.count)
            }
            for echo in echoes {
                #expect(echo.arguments == sent[echo.jid ?? ""])
                #expect(echo.executions == 1 && echo.record["locale"] == "de")
                #expect(echo.record["timezone"] == "Europe/Berlin" && echo.record["priority"] == 4)
            }
            #expect(Set(echoes.map(\.jid)) == Set(jids))
        }
    }

    @Test("every kind of argument that Swift enqueues is the same to the Ruby class")
    func fromSwift() async throws {
        try await withInterop { interop in
            let rails = try await rails(interop)
            _ = try await ruby(interop, "--sample", "all", "--queue", "ruby")
            var sent: [String: JSONValue] = [:]
            for arguments in try stored(interop, "ruby").values {
                let jid = try await interop.run(
                    Runtime.swift.producer([
                        "--redis", interop.url, "--active-job", "RailsEchoJob", "--args", arguments.description,
                        "--queue", "rails", "--rails", rails,
                    ]))
                sent[jid.trimmingCharacters(in: .whitespacesAndNewlines)] = arguments
            }
            #expect(try stored(interop, "rails") == sent)
            let echoes = try await interop.withWorker(.ruby, queues: "rails") { _ in
                try await records(interop, count: sent.count)
            }
            #expect(Set(echoes.map(\.jid)) == Set(sent.keys))
            for echo in echoes { #expect(echo.arguments == sent[echo.jid ?? ""], "\(echo.record)") }
        }
    }

    @Test("retry_on counts on, whoever runs the next attempt", arguments: Direction.both)
    func retryOn(_ direction: Direction) async throws {
        try await withInterop { interop in
            let jid = try await ruby(interop, "--active-job", "RailsRetryJob", "--args", #"["r"]"#, "--queue", "rails")
            let queued = try #require(try interop.waiting(in: "rails").first)
            let id = queued["args"]?.array?.first?["job_id"]?.string
            // Ruby's poller takes its time: the attempts that it would promote are made by Swift, or put there by hand.
            let before = direction.from == .swift ? 2 : 1
            let first = try await interop.withWorker(direction.from, queues: "rails") { _ in
                try await eventually("\(before) attempts and the next one", timeout: .seconds(40)) {
                    guard try interop.list("interop:echo").count >= before else { return false }
                    return try interop.number("ZCARD", "schedule") + interop.number("LLEN", "queue:rails") > 0
                }
                return try await records(interop, count: 1)[0]
            }
            #expect(first.jid == jid && first.executions == 1)
            for next in try interop.entries("schedule") {
                try interop.database.execute("ZREM", "schedule", next.description)
                try interop.database.execute("LPUSH", "queue:rails", next.description)
            }
            let all = try await interop.withWorker(direction.to, queues: "rails") { _ in
                _ = try await interop.entries("retry", count: 1)
                return try await records(interop, count: 3)
            }
            #expect(all.map(\.executions) == [1, 2, 3])
            #expect(Set(all.map(\.jid)).count == 3, "each attempt has a jid of its own")
            #expect(all.allSatisfy { $0.jobID == id && $0.arguments == ["r"] })
            // Only the last attempt has failed for Sidekiq, whose own retry is next.
            let failed = try interop.entries("retry")[0]
            #expect(failed.jid == all[2].jid && failed.retryCount == 0)
            let job = failed["args"]?.array?.first
            #expect(job?["executions"] == 2 && job?["exception_executions"] == ["[InteropError]": 2])
            #expect(try interop.database.execute("GET", "stat:failed") == "1")
        }
    }

    /// Those of Sidekiq 8, which Debian does not have; the others are real in CurrentAttributesTests.
    @Test("current attributes in the form of Sidekiq 8 are the job's in Swift")
    func currentAttributes() async throws {
        try await withInterop { interop in
            let pair = #"[[{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"user_id"},5]]"#
            _ = try await ruby(interop, "--cattr", pair)
            let echoes = try await interop.withWorker(.swift) { _ in try await records(interop, count: 1) }
            #expect(echoes.map { $0.record["cattr"] } == [["user_id": 5]])
        }
    }

    @Test("a worker that is told its applications takes their GlobalIDs and says of another whose it is")
    func globalIDs() async throws {
        try await withInterop { interop in
            for app in ["demo", "other"] {
                try await interop.run(
                    Runtime.swift.producer([
                        "--redis", interop.url, "--active-job", "RailsEchoJob", "--args",
                        #"[{"_aj_globalid":"gid://\#(app)/Person/42"}]"#,
                    ]))
            }
            let failed = try await interop.withWorker(.swift, more: ["--globalid-apps", "demo,shop"]) { _ in
                _ = try await records(interop, count: 1)
                return try await interop.entries("retry", count: 1)[0]
            }
            let message = try #require(failed["error_message"]?.string)
            #expect(message.hasPrefix("arguments[0]: gid://other/Person/42 is of the application other;"))
            #expect(message.hasSuffix("; accepted are those of demo, shop"))
            try interop.database.execute("DEL", "retry")
            try interop.database.execute("LPUSH", "queue:default", failed.description)
            _ = try await interop.withWorker(.swift) { _ in try await records(interop, count: 2) }
        }
    }

    @Test("a serializer that Swift does not know fails the job with its name, and Ruby finishes it")
    func unknownSerializer() async throws {
        try await withInterop { interop in
            let jid = try await ruby(interop, "--sample", "money")
            let failed = try await interop.withWorker(.swift) { _ in try await interop.entries("retry", count: 1)[0] }
            #expect(
                failed["error_message"]?.string?.hasPrefix(
                    "arguments[0]: no serializer MoneySerializer is registered; registered are none") == true)
            // By hand: Ruby's poller takes its time.
            try interop.database.execute("LPUSH", "queue:default", failed.description)
            let echoes = try await interop.withWorker(.ruby) { _ in try await records(interop, count: 1) }
            #expect(echoes.map(\.jid) == [jid])
            #expect(echoes[0].record["inspect"]?.string?.contains("Money") == true)
        }
    }
}
