import FlumeWire
import Foundation
import TestSupport
import Testing

@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct EnqueueTests {
    @Test("what one runtime enqueues the other runs, with the same bytes as arguments", arguments: Direction.both)
    func arguments(_ direction: Direction) async throws {
        let text = #""zwei ü 😀 \"q\" \\ / \u0001""#
        let arguments = #"[1,\#(text),{"a":[null,true,1.5],"b":{}},-7,12345678901234567890123,[],0.1]"#
        try await withInterop { interop in
            let jids = try await interop.enqueue(from: direction.from, "EchoJob", arguments, queue: "a.b-c_D")
            let queued = try #require(try interop.waiting(in: "a.b-c_D").first)
            #expect(queued.jid == jids.first)
            #expect(try interop.database.execute("SMEMBERS", "queues") == "a.b-c_D")

            let echoes = try await interop.withWorker(direction.to, queues: "a.b-c_D") { _ in
                try await interop.echoes(count: 1)
            }
            #expect(echoes.map(\.jid) == jids)
            #expect(echoes.map(\.queue) == ["a.b-c_D"])
            let raw = try #require(try interop.list("interop:echo").first)
            let sent = String(decoding: try #require(queued.argumentBytes), as: UTF8.self)
            #expect(raw.hasSuffix(#""args":\#(sent)}"#), "\(raw) does not carry \(sent)")
        }
    }

    @Test("the fields of a new job are the same, whoever writes it")
    func fields() async throws {
        try await withInterop { interop in
            _ = try await interop.enqueue(from: .ruby, "EchoJob", "[1]", queue: "ruby")
            _ = try await interop.enqueue(from: .swift, "EchoJob", "[1]", queue: "swift")
            let ruby = try #require(try interop.waiting(in: "ruby").first)
            let swift = try #require(try interop.waiting(in: "swift").first)
            for field in ["class", "args", "retry"] {
                #expect(swift[field] == ruby[field], "\(field)")
            }
            #expect(swift.queue == "swift")
            #expect(swift.jid?.wholeMatch(of: /[0-9a-f]{24}/) != nil)
            for field in ["created_at", "enqueued_at"] {
                #expect(swift.rawValue(field) != nil, "\(field)")
            }
            let createdAt = try #require(swift.createdAt)
            #expect(abs(createdAt.seconds - Date().timeIntervalSince1970) < 60)
        }
    }

    @Test("a bulk of 2,500 arrives whole and in order", arguments: Direction.both)
    func bulk(_ direction: Direction) async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(
                from: direction.from, "EchoJob", #"["x"]"#, queue: "bulk", "--count", "2500", "--bulk")
            #expect(Set(jids).count == 2_500)
            #expect(try interop.waiting(in: "bulk").map(\.jid) == jids)
            let echoes = try await interop.withWorker(direction.to, queues: "bulk", concurrency: 10) { _ in
                try await interop.echoes(count: 2_500)
            }
            #expect(Set(echoes.map(\.jid)) == Set(jids))
            // Written on a beat, and for the last time when the worker stops.
            #expect(try interop.database.execute("GET", "stat:processed") == "2500")
        }
    }

    @Test("a scheduled job waits for its time, then runs in the other runtime", arguments: Direction.both)
    func scheduled(_ direction: Direction) async throws {
        try await withInterop { interop in
            let before = Date().timeIntervalSince1970
            let jids = try await interop.enqueue(
                from: direction.from, "EchoJob", #"["later"]"#, queue: "later", "--in", "3")
            let entry = try #require(try interop.entries("schedule").first)
            #expect(entry.jid == jids.first)
            #expect(entry["at"] == nil)
            #expect(entry.rawValue("enqueued_at") == nil)
            #expect(try interop.database.execute("SMEMBERS", "queues").isEmpty)

            let echoes = try await interop.withWorker(direction.to, queues: "later") { _ in
                try await interop.echoes(count: 1)
            }
            #expect(echoes.map(\.jid) == jids)
            #expect(Date().timeIntervalSince1970 >= before + 3)
            #expect(try interop.number("ZCARD", "schedule") == 0)
        }
    }

    @Test("a single slot runs jobs in the order they were enqueued in", arguments: [Runtime.ruby, .swift])
    func order(_ producer: Runtime) async throws {
        try await withInterop { interop in
            var jids: [String] = []
            for number in 1...3 {
                jids += try await interop.enqueue(from: producer, "EchoJob", "[\(number)]")
            }
            let echoes = try await interop.withWorker(.swift, concurrency: 1) { _ in
                try await interop.echoes(count: 3)
            }
            #expect(echoes.map(\.jid) == jids)
        }
    }
}
