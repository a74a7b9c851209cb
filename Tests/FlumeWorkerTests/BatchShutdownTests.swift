import Flume
import FlumeRedis
import FlumeWorker
import TestSupport
import Testing

@Suite("Batches: the end of a worker")
struct BatchShutdownTests {
    private var impatient: WorkerConfiguration {
        var configuration = WorkerConfiguration.quick
        configuration.shutdownTimeout = .milliseconds(100)
        return configuration
    }

    @Test("what is held runs at once when the worker stops")
    func flush() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), Journal())
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 10),
                configuration: .quick.noting(events)
            ) { _ in
                try await probe.enqueue((0..<3).map { job("Note", "\($0)") }, to: "default")
                try await eventually("they are held") { try await probe.inflight().count == 3 }
                #expect(journal.entries.isEmpty)
            }
            #expect(journal.entries == ["0+1+2"])
            try await events.wait(for: 1)
            #expect(events.entries == ["p Note 3 shutdown"])
            #expect(try await probe.queue("default").isEmpty)
            #expect(try await probe.inflight().isEmpty)
            #expect(try await probe.string("stat:processed") == "3")
        }
    }

    @Test("what is held runs at once when the worker becomes quiet")
    func quiet() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 10)) { running in
                try await probe.enqueue((0..<3).map { job("Note", "\($0)") }, to: "default")
                try await eventually("they are held") { try await probe.inflight().count == 3 }
                running.worker.quiet()
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["0+1+2"])
        }
    }

    @Test("when patience ends, what runs or is held goes back to the front in order, and nothing starts after that")
    func putBack() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let jobs = (0..<12).map { job("Note", "\($0)") }
            try await probe.enqueue(jobs, to: "default")
            try await withWorker(
                on: probe, [.batching(journal, through: gate)], pipelines: Pipeline.batches(of: 3, concurrency: 2),
                configuration: impatient
            ) { _ in
                try await journal.wait(for: 2)
                try await eventually("it holds all it may") { try await probe.inflight().count == 9 }
            }
            #expect(try await probe.queue("default") == jobs)
            #expect(try await probe.inflight().isEmpty)
            #expect(try await probe.members("retry").isEmpty)
            #expect(try await probe.set("flume:processes").isEmpty)
            gate.open()
            #expect(Set(journal.entries) == ["0+1+2", "3+4+5"])
        }
    }

    @Test("jobs that another process recovered while they were held are not run here")
    func recovered() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 3),
                configuration: .quick(lease: .milliseconds(300))
            ) { running in
                try await probe.enqueue((0..<2).map { job("Note", "\($0)") }, to: "default")
                try await eventually("they are held") { try await probe.inflight().count == 2 }
                // Taken for dead: what a recoverer writes.
                try await probe.send("SET", "flume:lease:\(running.identity)", "buried")
                try await probe.send("DEL", "flume:inflight:\(running.identity)")
                try await probe.send("SREM", "flume:processes", running.identity)
                try await eventually("it has another identity") {
                    try await probe.set("flume:processes").contains { $0 != running.identity }
                }
                try await probe.enqueue([job("Note", "2")], to: "default")
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["2"])
        }
    }
}
