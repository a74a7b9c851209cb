import FlumeWire
import Foundation
import TestSupport
import Testing

/// Jobs that fail in one runtime and are retried in the other.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct RetryTests {
    @Test("a job that failed in one runtime is finished by the other", arguments: Direction.both)
    func finishedByTheOther(_ direction: Direction) async throws {
        try await withInterop { interop in
            let more = #"{"retry":5,"tags":["a"],"custom":{"x":[1.0,12345678901234567890]}}"#
            let jids = try await interop.enqueue(from: .ruby, "FailTimesJob", #"["k",1]"#, "--set", more)
            let queued = try #require(try interop.waiting(in: "default").first)

            let failed = try await interop.withWorker(direction.from) { _ in
                try await interop.entries("retry", count: 1)
            }[0]
            #expect(failed.retryCount == 0)
            #expect(failed["error_message"]?.string == "failure 1 of 1")
            #expect(failed["error_class"]?.string?.isEmpty == false)
            #expect(abs(try #require(failed.failedAt).seconds - Date().timeIntervalSince1970) < 60)
            #expect(failed.rawValue("retried_at") == nil)
            for field in ["jid", "class", "args", "queue", "retry", "created_at", "tags", "custom"] {
                #expect(failed.rawValue(field) == queued.rawValue(field), "\(field) keeps its bytes")
            }

            try interop.makeDue("retry")
            let echoes = try await interop.withWorker(direction.to) { _ in
                try await interop.echoes(count: 1)
            }
            #expect(echoes.map(\.jid) == jids)
            #expect(try interop.number("ZCARD", "retry") == 0)
            #expect(try interop.database.execute("MGET", "stat:processed", "stat:failed") == "2\n1")
        }
    }

    @Test("failures in both runtimes are counted together", arguments: Direction.both)
    func countedTogether(_ direction: Direction) async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(from: direction.to, "FailTimesJob", #"["k",2]"#)
            let first = try await interop.withWorker(direction.from) { _ in
                try await interop.entries("retry", count: 1)
            }[0]
            try interop.makeDue("retry")
            let second = try await interop.withWorker(direction.to) { _ in
                try await eventually("it has failed again", timeout: .seconds(40)) {
                    try interop.entries("retry").first?.retryCount == 1
                }
                return try interop.entries("retry")[0]
            }
            #expect(second["error_message"]?.string == "failure 2 of 2")
            #expect(second.rawValue("failed_at") == first.rawValue("failed_at"), "the time of the first failure stays")
            #expect(try #require(second.retriedAt) > (try #require(first.failedAt)))

            try interop.makeDue("retry")
            let echoes = try await interop.withWorker(direction.from) { _ in
                try await interop.echoes(count: 1)
            }
            #expect(echoes.map(\.jid) == jids)
        }
    }

    @Test("a job whose last retry fails in the other runtime is dead", arguments: Direction.both)
    func dies(_ direction: Direction) async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(
                from: .ruby, "FailJob", #"["ach ü"]"#, "--set", #"{"retry":1}"#)
            _ = try await interop.withWorker(direction.from) { _ in try await interop.entries("retry", count: 1) }
            try interop.makeDue("retry")
            let dead = try await interop.withWorker(direction.to) { _ in
                try await interop.entries("dead", count: 1)
            }[0]
            #expect(dead.jid == jids.first)
            #expect(dead["error_message"]?.string == "ach ü")
            #expect(dead.retryCount == 1)
            #expect(try interop.number("ZCARD", "retry") == 0)
        }
    }
}
