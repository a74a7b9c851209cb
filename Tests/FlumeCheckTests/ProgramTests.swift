import FlumeWorker
import Foundation
import TestSupport
import Testing

@testable import FlumeCheck

@Suite("flume-check as a program")
struct ProgramTests {
    private func check(_ database: TestDatabase, _ arguments: String...) async throws -> (
        ChildProcess.Exit, String, String
    ) {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let folder = Bundle.main.executableURL?.deletingLastPathComponent().path ?? "."
        let child = try ChildProcess.spawn(
            "\(folder)/flume-check", ["--redis", database.url] + arguments, output: directory.path)
        let exit = await child.exit()
        return (exit, child.output, child.errorOutput)
    }

    @Test("its exit status tells clean from mismatches from trouble, and its JSON what was found")
    func statuses() async throws {
        try await withTestDatabase { database in
            try database.execute("SADD", "queues", "q")
            try database.execute("LPUSH", "queue:q", #"{"class":"Ours","args":[1,"a"],"jid":"j"}"#)
            var (exit, output, errors) = try await check(database, "--expect", "Ours(Int, String)", "--json")
            #expect(exit == .status(0), "\(errors)")
            let report = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
            let classes = try #require(report["classes"] as? [[String: Any]])
            #expect(classes.first?["name"] as? String == "Ours")
            #expect(classes.first?["decoded"] as? Int == 1)

            (exit, output, errors) = try await check(database, "--expect", "Ours(Int)")
            #expect(exit == .status(1))
            #expect(output.contains("Ours: 0 of 1 decode"))
            #expect(output.contains("args [Integer, String], in queue:q, such as j"))

            (exit, output, errors) = try await check(database, "--strict")
            #expect(exit == .status(1), "no handler")
            (exit, output, errors) = try await check(database)
            #expect(exit == .status(0), "a class without a handler may be Ruby's")
        }
    }

    @Test("a program that knows its handlers needs a line")
    func ownProgram() async throws {
        try await withTestDatabase { database in
            let handlers = HandlerRegistry { Handler("Ours") { (_, _: Int) in } }
            try database.execute("SADD", "queues", "q")
            try database.execute("LPUSH", "queue:q", #"{"class":"Ours","args":[1],"jid":"j"}"#)
            let arguments = ["--redis", database.url]
            #expect(await CheckCommand.run(handlers: handlers, arguments: arguments) == CheckCommand.Status.clean)
            try database.execute("LPUSH", "queue:q", #"{"class":"Ours","args":["x"],"jid":"j"}"#)
            #expect(await CheckCommand.run(handlers: handlers, arguments: arguments) == CheckCommand.Status.mismatches)
        }
    }

    @Test("what cannot be found out is exit status 2 and a sentence")
    func trouble() async throws {
        try await withTestDatabase { database in
            var (exit, output, errors) = try await check(database, "--limit", "0")
            #expect(exit == .status(2))
            #expect(errors.contains("choose 1 or more") && output.isEmpty)
            (exit, output, errors) = try await check(database, "--expect", "Ours[Int]")
            #expect(exit == .status(2))
            #expect(errors.contains("a class and its arguments in parentheses"))
            (exit, output, errors) = try await check(database, "--redis", "redis://127.0.0.1:1/0")
            #expect(exit == .status(2))
            #expect(errors.contains("flume-check: "))
        }
    }
}
