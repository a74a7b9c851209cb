import FlumeRedis
import FlumeWire
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Limits of each key by itself: keys of Redis that hold something else")
struct KeyedLimitTypeTests {
    private let pipelines = [
        Pipeline("p", queue: "q", concurrency: 3)
            .maxInCluster(1, key: "tenant") { try $0.arguments().first?.string }
    ]

    private func job(_ tenant: String, _ number: Int) -> String {
        FlumeWorkerTests.job("Gated", "\(tenant)\(number)", args: "[\"\(tenant)\"]")
    }

    @Test(
        "jobs that cannot be parked fail with what is wrong, once it is told in the log, and their neighbours run",
        arguments: [
            "flume:parked:1:p:12:tenant:slots:a", "flume:parked-keys:1:p:tenant:slots", "flume:parked-places",
            "flume:slots",
        ])
    func park(key: String) async throws {
        try await withProbe { probe in
            let (journal, logs) = (Journal(), InMemoryLogHandler())
            try await probe.send("SET", key, "x")
            let logger = Logger(label: "test") { _ in logs }
            try await withWorker(
                on: probe, [.noting(journal, as: "Gated")], pipelines: pipelines, logger: logger
            ) { _ in
                try await probe.enqueue([job("a", 0), job("a", 1)], to: "q")
                let failed = try await probe.wait(for: 2, in: "retry")
                #expect(failed.allSatisfy { $0.contains("the key \(key) holds something else") })
                // Whom it does not concern.
                let ofAll = key == "flume:parked:1:p:12:tenant:slots:a"
                try await probe.enqueue([ofAll ? job("b", 0) : #"{"class":"Gated","jid":"b0","args":[]}"#], to: "q")
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["b0"])
            #expect(try await probe.inflight().isEmpty)
            let told = logs.entries.filter { $0.metadata["flume.key"] == "\(key)" }
            #expect(told.count == 1 && told.first?.level == .error)
        }
    }

    @Test("parked jobs that cannot be taken any more hold up nobody, and the worker stops when it is told to")
    func unpark() async throws {
        try await withProbe { probe in
            let (journal, gate, logs) = (Journal(), Gate(), InMemoryLogHandler())
            let logger = Logger(label: "test") { _ in logs }
            let (index, list) = ("flume:parked-keys:1:p:tenant:slots", "flume:parked:1:p:12:tenant:slots:a")
            try await withWorker(on: probe, [.gated(journal, gate)], pipelines: pipelines, logger: logger) { _ in
                try await probe.enqueue([job("a", 0), job("a", 1), job("c", 0), job("c", 1)], to: "q")
                try await eventually("two are parked") { try await probe.number("ZCARD", index) == 2 }
                try await probe.send("RENAME", list, "kept")
                try await probe.send("SET", list, "x")
                gate.open()
                try await journal.wait(for: 3)
                try await probe.send("RENAME", index, "index kept")
                try await probe.send("SET", index, "x")
                try await eventually("it is told") {
                    logs.entries.filter { ["\(index)", "\(list)"].contains($0.metadata["flume.key"]?.description) }
                        .count == 2
                }
                try await probe.enqueue([#"{"class":"Gated","jid":"b0","args":[]}"#], to: "q")
                try await journal.wait(for: 4)
            }
            #expect(Set(journal.entries) == ["a0", "c0", "c1", "b0"])
            #expect(try await probe.list("kept").count == 1)
        }
    }
}
