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
                // The last three wait for others: the queue is empty, so there may be slots for them.
                try await journal.wait(for: 2)
                try await eventually("the rest is held") { try await probe.inflight().count == 3 }
                try await eventually("it is told") {
                    events.entries.filter { $0 == "p Note 3 pressure" }.count == 2
                }
            }
            #expect(journal.entries == ["0+1+2", "3+4+5", "6+7+8"])
        }
    }

    @Test("a batch that waits for company does not keep the slots that others wait for")
    func othersSlots() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: pipelines(of: 10, slots: 2)
            ) { _ in
                // A process that runs a job for a long time.
                try await probe.send("HSET", "flume:slots:p:slots", "other:1:aa:7", "")
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
