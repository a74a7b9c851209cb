import Flume
import FlumeRedis
import FlumeWorker
import TestSupport
import Testing

@Suite("Batches: jobs that hold slots of a limit")
struct BatchSlotTests {
    private func pipelines(of size: Int, slots: Int) -> [Pipeline] {
        Pipeline.batches(of: size).map { $0.maxInCluster(slots) }
    }

    @Test("a batch does not wait for jobs that there are no slots for")
    func fewSlots() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), Journal())
            try await probe.enqueue((0..<9).map { job("Note", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: pipelines(of: 10, slots: 3),
                configuration: .quick.noting(events)
            ) { _ in
                // None but the last can be held: when the queue is empty, there may be slots for more.
                try await eventually("all were taken") { try await probe.queue("default").isEmpty }
                try await eventually("it is told") { events.entries.contains { $0.hasSuffix("pressure") } }
            }
            let batches = journal.entries.map { $0.split(separator: "+") }
            #expect(batches.allSatisfy { $0.count <= 3 })
            #expect(batches.joined().map(String.init).sorted() == (0..<9).map { "\($0)" })
        }
    }

    @Test("a batch that waits for company does not keep the slots that others wait for")
    func othersSlots() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: pipelines(of: 10, slots: 2)
            ) { _ in
                // Held elsewhere, until a time to come.
                try await probe.send("HSET", "flume:slots:p:slots", "somebody", "4102444800000000")
                try await probe.enqueue([job("Note", "0")], to: "default")
                try await eventually("it is held") { try await probe.inflight().count == 1 }
                #expect(journal.count == 0)
                try await probe.enqueue([job("Note", "1")], to: "default")
                try await journal.wait(for: 1)
                #expect(journal.entries == ["0"])
            }
        }
    }

    @Test("while a batch runs, what waits for slots waits for its end")
    func enoughSlots() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await probe.enqueue((0..<8).map { job("Note", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.batching(journal, through: gate)], pipelines: pipelines(of: 4, slots: 6)
            ) { _ in
                try await journal.wait(for: 1)
                try await eventually("two are held") { try await probe.inflight().count == 6 }
                // Long enough for the worker to ask for slots many times.
                for _ in 0..<40 { #expect(try await probe.inflight().count == 6 && journal.count == 1) }
                gate.open()
                try await eventually("all were taken") { try await probe.queue("default").isEmpty }
            }
            #expect(journal.entries[0] == "0+1+2+3")
            #expect(journal.entries.joined(separator: "+") == "0+1+2+3+4+5+6+7")
        }
    }
}
