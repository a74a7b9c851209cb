import Flume
import FlumeRedis
import FlumeWire
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import FlumeWorker

/// Real failures with a marker in every place where something secret may stand, and a search of everything that comes out.
@Suite("Nothing secret in what a worker says")
struct SecretLogTests {
    private static let marker = "marker0815"

    private struct Transfer: Job {
        struct Account: Codable, Sendable { var iban: Int }
        enum Kind: String, Codable, Sendable { case in_, out }

        var account: Account
        var amount: Int8
        var kind: Kind
    }

    /// Arguments of which none fits, each with the marker or a number that stands for one.
    private static let misfits = [
        #"["\#(marker)",1,"out"]"#, #"[{"iban":"\#(marker)"},1,"out"]"#, #"[{"iban":1},471108154711,"out"]"#,
        #"[{"iban":1},1,"\#(marker)"]"#, #"[{"\#(marker)":1},1,"out"]"#, #"{"a":"\#(marker)"}"#, #""\#(marker)""#,
        #"["\#(marker)"]"#, #"["\#(marker)",2,3,4,5]"#,
    ]

    private func isShown(_ text: String) -> Bool { text.contains(Self.marker) || text.contains("471108154711") }

    @Test("arguments, and what errors quote of them, are in no log line, event or heartbeat, and whole beside the job")
    func arguments() async throws {
        try await withProbe { probe in
            let lines = InMemoryLogHandler()
            var logger = Logger(label: "t") { _ in lines }
            logger.logLevel = .trace
            let configuration = WorkerConfiguration.quick
            let events = Journal()
            let observation = configuration.events.observe { events.note("\($0)") }
            configuration.events.attach(LogObserver(logger: logger) { _ in .trace })
            let journal = Journal()
            let handlers: [Handler] = [
                Handler(for: Transfer.self) { _, _ in }, .noting(journal),
                .batch("Many") { jobs in jobs.map { _ in .failed(Boom()) } },
                .raw("Killed") { _, _ in throw JobDirective.kill("so it is") },
            ]
            let pipelines = [
                Pipeline("default", queue: "default", concurrency: 5)
                    .maxInCluster(1, key: "tenant") { try $0.arguments().first?.string }
            ]
            var told = ""
            try await withWorker(
                on: probe, handlers, pipelines: pipelines, configuration: configuration, logger: logger
            ) { running in
                for (number, args) in Self.misfits.enumerated() {
                    try await probe.enqueue([job("Transfer", "t\(number)", args: args)], to: "default")
                }
                let args = #"["\#(Self.marker)"]"#
                try await probe.enqueue(
                    [
                        job("Note", "n", args: args), job("Many", "m", args: args), job("Killed", "k", args: args),
                        job("Nobody", "u", args: args), #"{"class":"Note","args":["\#(Self.marker)"#,
                    ], to: "default")
                try await probe.send("RPUSH", "\(running.identity)-signals", "TTIN")
                try await journal.wait(for: 1)
                let stored = try await probe.wait(for: Self.misfits.count + 2, in: "retry")
                #expect(stored.contains { $0.contains(#"does not fit in Int8"#) && $0.contains("471108154711") })
                _ = try await probe.wait(for: 2, in: "dead")
                try await eventually("the signal is read") {
                    try await probe.number("LLEN", "\(running.identity)-signals") == 0
                }
                for (field, value) in try await probe.hash(running.identity) { told += "\(field) \(value)\n" }
                told += try await probe.send("CLIENT", "LIST").string ?? ""
            }
            observation.cancel()
            let said = lines.entries.map { "\($0.message) \($0.metadata)" }
            for line in said + events.entries + [told] { #expect(!isShown(line), "\(line)") }
            let text = said.joined(separator: "\n")
            for words in [
                "expected Int, found a string (not shown)",
                "a number that does not fit in Int8 (not shown)",
                "a value that its type refuses (not shown)", "job killed",
            ] {
                #expect(text.contains(words), "\(words)")
            }
            #expect(said.contains { $0.contains("job started") })
            #expect(!text.contains("flume.args"))
        }
    }

    @Test("arguments are logged as the configuration says: whole up to a length, or what a closure makes of them")
    func chosen() async throws {
        try await withProbe { probe in
            for (rule, expected, isQuoted) in [
                (ArgumentLogging.whole(upTo: 12), #"["0123456789…"#, true),
                (ArgumentLogging { payload in payload.jobClass == "Note" ? "first of 1" : nil }, "first of 1", false),
            ] {
                let lines = InMemoryLogHandler()
                var logger = Logger(label: "t") { _ in lines }
                logger.logLevel = .trace
                var configuration = WorkerConfiguration.quick
                configuration.argumentLogging = rule
                let journal = Journal()
                try await withWorker(
                    on: probe, [.noting(journal), Handler(for: Transfer.self) { _, _ in }],
                    configuration: configuration, logger: logger
                ) { _ in
                    let args = #"["0123456789\#(Self.marker)"]"#
                    try await probe.enqueue([job("Note", "n", args: args)], to: "default")
                    try await probe.enqueue([job("Transfer", "t", args: #"[{"iban":"secret"},1,""]"#)], to: "default")
                    try await journal.wait(for: 1)
                    _ = try await probe.wait(for: 1, in: "retry")
                }
                try await probe.send("FLUSHDB")
                let shown = lines.entries.filter { $0.metadata["flume.jid"] == "n" }
                #expect(shown.count == 2)
                for line in shown { #expect(line.metadata["flume.args"] == "\(expected)") }
                let failure = lines.entries.first { $0.metadata["flume.error"] != nil }
                #expect(failure.map { "\($0.metadata)".contains("secret") } == isQuoted)
            }
        }
    }

    @Test("passwords are in nothing that a worker says about a Redis that refuses, vanishes and returns")
    func passwords() async throws {
        let server = try await RedisServer.start(tcp: true, password: "admin")
        try server.execute("ACL", "SETUSER", "app", "on", ">\(Self.marker)", "~*", "&*", "+@all")
        let lines = InMemoryLogHandler()
        var logger = Logger(label: "t") { _ in lines }
        logger.logLevel = .trace
        let probe = try RedisProbe(url: "redis://app:\(Self.marker)@127.0.0.1:\(server.port ?? 0)")
        let (configuration, events, journal) = (WorkerConfiguration.quick, Journal(), Journal())
        let observation = configuration.events.observe { events.note("\($0)") }
        var told = ""
        let refused = try RedisProbe(url: "redis://user:\(Self.marker)@127.0.0.1:\(server.port ?? 0)")
        let worker = Worker(
            redis: refused.client, handlers: HandlerRegistry([]),
            pipelines: [Pipeline("p", queue: "q", concurrency: 1)],
            configuration: configuration, logger: logger)
        let error = await #expect(throws: RedisError.self) { try await worker.run() }
        #expect(error.map { "\($0) \(String(reflecting: $0))" }?.contains(Self.marker) == false)
        try await withWorker(
            on: probe, [.noting(journal)], configuration: configuration, logger: logger,
            adjust: { $0.commandTimeout = .seconds(1) }
        ) { running in
            try await probe.enqueue([job("Note", "1")], to: "default")
            try await journal.wait(for: 1)
            try server.execute("ACL", "SETUSER", "app", "resetpass", ">changed")
            try server.execute("CLIENT", "KILL", "USER", "app")
            try await eventually("the loss is in the log") {
                lines.entries.contains { "\($0.metadata)".contains("refuses") }
            }
            try server.execute("ACL", "SETUSER", "app", ">\(Self.marker)")
            try await eventually("Redis takes jobs again") {
                (try? await probe.enqueue([job("Note", "2")], to: "default")) != nil
            }
            try await journal.wait(for: 2)
            for (field, value) in try await probe.hash(running.identity) { told += "\(field) \(value)\n" }
            told += try await probe.send("CLIENT", "LIST").string ?? ""
            var dumped = ""
            dump(running.worker, to: &dumped)
            dump(configuration, to: &dumped)
            told += dumped + String(reflecting: running.worker) + String(reflecting: configuration)
        }
        observation.cancel()
        for line in lines.entries.map({ "\($0.message) \($0.metadata)" }) + events.entries + [told] {
            #expect(!line.contains(Self.marker), "\(line.prefix(2000))")
        }
        await probe.client.close()
        await server.stop()
    }

    @Test("a jid, a class or a signal of a megabyte does not make a line of a megabyte, and the job runs")
    func longNames() async throws {
        try await withProbe { probe in
            let lines = InMemoryLogHandler()
            var logger = Logger(label: "t") { _ in lines }
            logger.logLevel = .trace
            let configuration = WorkerConfiguration.quick
            configuration.events.attach(LogObserver(logger: logger) { _ in .trace })
            let journal = Journal()
            let long = String(repeating: "x", count: 1 << 20)
            struct Long: Error, CustomStringConvertible { var description: String }
            try await withWorker(
                on: probe, [.noting(journal), .failing("Fail", Long(description: long))],
                configuration: configuration, logger: logger
            ) { running in
                try await probe.enqueue([job("Note", long), job(long, "c"), job("Fail", "f")], to: "default")
                try await probe.send("RPUSH", "\(running.identity)-signals", long)
                try await journal.wait(for: 1)
                let stored = try await probe.wait(for: 2, in: "retry")
                #expect(stored.allSatisfy { $0.utf8.count < 2 << 20 })
                try await eventually("the signal is read") {
                    lines.entries.contains { "\($0.message)".contains("signal is unknown") }
                }
            }
            #expect(journal.entries == [long])
            for entry in lines.entries {
                let length = "\(entry.message) \(entry.metadata)".utf8.count
                #expect(length < 20_000, "\(entry.message): \(length)")
            }
        }
    }
}
