import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("Bad input: nothing is lost and the neighbours run")
struct BadInputTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ text: String) { self.init(name, bytes: Array(text.utf8)) }

        init(_ name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }

        static let all: [Bad] = [
            Bad("not JSON", "not json"), Bad("cut off", #"{"class":"Note","args":["#), Bad("nothing", ""),
            Bad("array", "[1,2,3]"), Bad("empty array", "[]"), Bad("string", #""x""#), Bad("number", "5"),
            Bad("null", "null"), Bad("empty object", "{}"), Bad("no class", #"{"args":[],"jid":"x"}"#),
            Bad("class null", #"{"class":null,"args":[]}"#), Bad("class number", #"{"class":5,"args":[]}"#),
            Bad("class empty", #"{"class":"","args":[]}"#), Bad("two values", #"{"class":"Note","args":[]}{}"#),
            Bad("NUL bytes", bytes: [0, 1, 2, 255]),
            Bad(
                "101 levels",
                #"{"class":"Note","args":"# + String(repeating: "[", count: 100)
                    + String(repeating: "]", count: 100) + "}"),
            Bad("a million levels", bytes: Array(repeating: UInt8(ascii: "["), count: 1_000_000)),
        ]
    }

    @Test("what is no job goes to the dead set byte for byte, and is not counted", arguments: Bad.all)
    func noJob(bad: Bad) async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.enqueue([job("Note", "before")], to: "default")
            try await probe.enqueue(bytes: bad.bytes, to: "default")
            try await probe.enqueue([job("Note", "after")], to: "default")
            try await withWorker(on: probe, [.noting(journal)], concurrency: 1) { _ in
                try await journal.wait(for: 2)
                _ = try await probe.wait(for: 1, in: "dead")
            }
            #expect(journal.entries == ["before", "after"])
            #expect(try await probe.rawMembers("dead") == [bad.bytes])
            #expect(try await probe.inflight().isEmpty)
            #expect(try await probe.string("stat:processed") == "2")
        }
    }

    @Test("a payload of 64 MB goes to the dead set whole")
    func huge() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(20) }
            let journal = Journal()
            var bytes = Array(#"{"class":"Note","args":[""#.utf8)
            bytes += Array(repeating: UInt8(ascii: "x"), count: 64 << 20)
            bytes += Array(#""]}"#.utf8)
            try await probe.enqueue(bytes: bytes, to: "default")
            try await probe.enqueue([job("Note", "after")], to: "default")
            try await withWorker(on: probe, [.noting(journal)]) { _ in
                try await journal.wait(for: 1, timeout: .seconds(30))
                try await eventually("it is dead", timeout: .seconds(30)) {
                    try await probe.number("ZCARD", "dead") == 1
                }
            }
            #expect(try await probe.rawMembers("dead") == [bytes])
            await probe.client.close()
        }
    }

    private struct Typed: Job {
        var number: Int
        var text: String
    }

    @Test(
        "arguments that do not fit fail the job with a message that says what and where",
        arguments: [
            (#"[1]"#, "args[1]"), (#"[1,"a",3]"#, "3"), (#"["1","a"]"#, "args[0]"), (#"[1,2]"#, "args[1]"),
            (#"[1.5,"a"]"#, "args[0]"), (#"[1e400,"a"]"#, "args[0]"), (#"{"number":1}"#, "array"),
            (#""text""#, "array"), (#"[null,"a"]"#, "args[0]"), (#"null"#, "0"),
        ])
    func wrongArguments(args: String, mention: String) async throws {
        try await withProbe { probe in
            try await withWorker(on: probe, [Handler(for: Typed.self) { _, _ in }]) { _ in
                try await probe.enqueue([job("Typed", "t", args: args)], to: "default")
                let payload = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                let message = try #require(payload["error_message"]?.string)
                #expect(message.contains(mention), "\(message)")
                #expect(payload.retryCount == 0)
            }
        }
    }

    @Test("a job without args is called with none")
    func noArguments() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler("NoArguments") { (context: JobContext) in journal.note(context.jid) }
            try await withWorker(on: probe, [handler]) { _ in
                try await probe.enqueue([#"{"class":"NoArguments","jid":"n"}"#], to: "default")
                try await journal.wait(for: 1)
            }
        }
    }

    @Test("a failing job with invalid UTF-8 keeps its retry, repaired so that Ruby can read it")
    func invalidUTF8() async throws {
        try await withProbe { probe in
            var bytes = Array(#"{"class":"Fail","jid":"u","retry":true,"args":["a"#.utf8)
            bytes += [0xff, 0xc3]
            bytes += Array(#"b"]}"#.utf8)
            try await withWorker(on: probe, [.failing()]) { _ in
                try await probe.enqueue(bytes: bytes, to: "default")
                _ = try await probe.wait(for: 1, in: "retry")
            }
            let payload = try JobPayload(parsing: try await probe.rawMembers("retry")[0])
            #expect(payload.isValidUTF8)
            #expect(try payload.arguments()[0].string?.hasPrefix("a\u{fffd}") == true)
        }
    }

    @Test("of duplicate keys the last wins, as in Ruby")
    func duplicates() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal), .failing()]) { _ in
                try await probe.enqueue(
                    [#"{"class":"Fail","args":[],"jid":"a","class":"Note","jid":"b","retry":0}"#], to: "default")
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["b"])
        }
    }

    @Test(
        "a queue with spaces, bars, colons and accents works from end to end",
        arguments: ["with space", "b|r", "a:b", "ünï"])
    func queueNames(name: String) async throws {
        try await withProbe { probe in
            try await withWorker(on: probe, [.failing()], queue: name) { _ in
                try await JobClient(redis: probe.client).push(JobPayload(jobClass: "Fail", queue: name))
                let payload = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                #expect(payload.queue == name)
            }
        }
    }

    @Test("a queue whose key holds no list harms nobody, and is read once it is a list again")
    func wrongType() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.send("SET", "queue:bad", "text")
            let pipeline = Pipeline("p", queues: ["bad": 0, "good": 0], concurrency: 2)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { _ in
                try await probe.enqueue([job("Note", "good")], to: "good")
                try await journal.wait(for: 1)
                try await probe.send("DEL", "queue:bad")
                try await probe.enqueue([job("Note", "mended")], to: "bad")
                try await journal.wait(for: 2)
            }
        }
    }
}
