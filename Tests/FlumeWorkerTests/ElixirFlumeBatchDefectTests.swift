import Flume
import FlumeRedis
import FlumeWorker
import TestSupport
import Testing

/// The rows that are about batches; the table is in ElixirFlumeDefectTests.
@Suite("What was wrong in Flume for Elixir: batches")
struct ElixirFlumeBatchDefectTests {
    @Test("jobs that share a wrapper are batched by the class they wrap")
    func wrapped() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal, as: "A"), .batching(journal, as: "B")],
                pipelines: Pipeline.batches(of: 2)
            ) { _ in
                let jobs = ["A1", "B1", "A2", "B2"].map { jid in
                    job("ActiveJob::Wrapper", jid, #""wrapped":"\#(jid.prefix(1))""#)
                }
                try await probe.enqueue(jobs, to: "default")
                try await journal.wait(for: 2)
            }
            #expect(Set(journal.entries) == ["A1+A2", "B1+B2"])
        }
    }

    @Test("after uneven batches there is room for exactly as many jobs as at first")
    func room() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let uneven = Handler.batch("Uneven") { batch -> [JobResult] in
                batch.contexts.map { context in
                    switch (Int(context.jid) ?? 0) % 5 {
                    case 0: .done
                    case 1: .failed(Boom())
                    case 2: .dead("enough")
                    case 3: .snooze(for: .seconds(3600))
                    default: .discard("no use")
                    }
                }
            }
            try await withWorker(
                on: probe, [uneven, .batching(journal, as: "Gated", through: gate), .noting(journal)],
                pipelines: Pipeline.batches(of: 4, after: .milliseconds(5), concurrency: 2)
            ) { _ in
                for round in 0..<20 {
                    let jobs = (0..<(round % 7)).map { job("Uneven", "\(round + $0)") }
                    try await probe.enqueue(jobs + ["no job", job("Throw", "nobody")], to: "default")
                }
                try await probe.waitUntilDrained()
                try await probe.enqueue((0..<100).map { job("Gated", "\($0)") }, to: "default")
                try await eventually("it holds all it may") { try await probe.inflight().count == 12 }
                // A job more, or one less, would have to show while other things happen.
                for _ in 0..<20 { #expect(try await probe.queue("default").count == 88) }
                gate.open()
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries.allSatisfy { $0.split(separator: "+").count <= 4 })
        }
    }

    @Test("jobs that wait for company longer than any lease run once")
    func longWait() async throws {
        let lease = Duration.seconds(1)
        try await Machine.alone {
            try await withProbe { probe in
                let journal = Journal()
                let configuration = WorkerConfiguration.quick(lease: lease)
                try await withWorker(
                    on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 3), configuration: configuration
                ) { _ in
                    try await probe.enqueue([job("Note", "0"), job("Note", "1")], to: "default")
                    try await eventually("they are held") { try await probe.inflight().count == 2 }
                    // Another one, which would take them if it could.
                    try await withWorker(
                        on: probe, [.noting(journal)], queue: "other", configuration: configuration
                    ) { _ in
                        // The wait has to last: longer than any recovery would take.
                        try await Task.sleep(for: lease * 4)
                        try await probe.enqueue([job("Note", "2")], to: "default")
                        try await probe.waitUntilDrained()
                    }
                }
                #expect(journal.entries == ["0+1+2"])
            }
        }
    }
}
