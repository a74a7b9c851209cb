import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

@Suite("Batches: who comes together, and when")
struct BatchTests {
    @Test("jobs enqueued one by one come together, in order, as soon as there are enough")
    func size() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), Journal())
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 3),
                configuration: .quick.noting(events)
            ) { _ in
                for index in 0..<7 { try await probe.enqueue([job("Note", "\(index)")], to: "default") }
                try await journal.wait(for: 2)
                #expect(Set(journal.entries) == ["0+1+2", "3+4+5"])
                try await eventually("the seventh is held") { try await probe.inflight() == [job("Note", "6")] }
                try await events.wait(for: 2)
                #expect(events.entries == ["p Note 3 size", "p Note 3 size"])
            }
        }
    }

    @Test("the size has nothing to do with the concurrency", arguments: [1, 5])
    func sizeAndConcurrency(concurrency: Int) async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.enqueue((0..<100).map { job("Note", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 50, concurrency: concurrency)
            ) { _ in
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries.map { $0.split(separator: "+").count } == [50, 50])
            #expect(try await probe.string("stat:processed") == "100")
        }
    }

    @Test("a batch that does not fill up runs when its first job has waited long enough")
    func timeout() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), Journal())
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 10, after: .milliseconds(500)),
                configuration: .quick.noting(events)
            ) { _ in
                let start = ContinuousClock.now
                try await probe.enqueue([job("Note", "0"), job("Note", "1")], to: "default")
                try await journal.wait(for: 1)
                #expect(start.duration(to: .now) >= .milliseconds(500))
                #expect(journal.entries == ["0+1"])
                try await events.wait(for: 1)
                #expect(events.entries == ["p Note 2 timeout"])
            }
        }
    }

    @Test("the time runs from the first job of a batch, however many follow")
    func timeoutFromFirst() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 100_000, after: .milliseconds(300))
            ) { _ in
                var index = 0
                // Counted from the last job it would never run: there is a new one every few milliseconds.
                try await eventually("a batch runs", every: .milliseconds(20)) {
                    try await probe.enqueue([job("Note", "\(index)")], to: "default")
                    index += 1
                    return journal.count > 0
                }
                #expect(journal.entries[0].hasPrefix("0+1+"))
            }
        }
    }

    @Test("a batch is of one class; a class with a plain handler does not wait")
    func classes() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers = [
                Handler.batching(journal, as: "A"), .batching(journal, as: "B"), .noting(journal, as: "Plain"),
            ]
            try await withWorker(on: probe, handlers, pipelines: Pipeline.batches(of: 2, concurrency: 1)) { _ in
                try await probe.enqueue(
                    [job("A", "a0"), job("B", "b0"), job("Plain", "p0"), job("A", "a1"), job("Plain", "p1")],
                    to: "default")
                try await journal.wait(for: 3)
                #expect(Set(journal.entries) == ["p0", "p1", "a0+a1"])
                try await probe.enqueue([job("B", "b1")], to: "default")
                try await journal.wait(for: 4)
                #expect(journal.entries[3] == "b0+b1")
            }
        }
    }

    @Test("plain handlers of a batching pipeline run as many at a time as its concurrency says, and no more")
    func plainConcurrency() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await probe.enqueue((0..<20).map { job("Gated", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.gated(journal, gate)], pipelines: Pipeline.batches(of: 4, concurrency: 2)
            ) { _ in
                try await eventually("it holds all it may") { try await probe.inflight().count == 12 }
                try await journal.wait(for: 2)
                #expect(journal.entries.sorted() == ["0", "1"])
                gate.open()
                try await journal.wait(for: 20)
            }
        }
    }

    private struct Mail: Job {
        var tenant: String
        var text: String
    }

    @Test("with a key, a batch is of one class and one key; a key that throws fails that job alone")
    func keys() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.batch(for: Mail.self) { batch in
                journal.note(batch.map { "\($0.job.tenant):\($0.job.text)" }.joined(separator: "+"))
            }
            let pipelines = Pipeline.batches(of: 2) { payload in
                guard let tenant = try payload.arguments().first?.string else { throw Boom("no tenant") }
                return tenant
            }
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                let arguments = [#"["x","1"]"#, #"["y","2"]"#, #"[7,"?"]"#, #"["x","3"]"#, #"["y","4"]"#]
                try await probe.enqueue(
                    arguments.enumerated().map { job("Mail", "\($0.offset)", args: $0.element) }, to: "default")
                try await journal.wait(for: 2)
                #expect(Set(journal.entries) == ["x:1+x:3", "y:2+y:4"])
                let failed = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                #expect(failed.jid == "2" && failed["error_message"]?.string == "no tenant")
            }
            #expect(try await probe.string("stat:failed") == "1")
            #expect(try await probe.string("stat:processed") == "5")
        }
    }

    @Test("never more jobs are held than size times concurrency plus one, nor more batches run than the concurrency")
    func bounded() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let inside = Mutex((now: 0, most: 0))
            let handler = Handler.batch("Note") { batch in
                inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                journal.note("\(batch.count)")
                try await gate.pass()
                inside.withLock { $0.now -= 1 }
            }
            try await probe.enqueue((0..<1000).map { job("Note", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [handler], pipelines: Pipeline.batches(of: 5, after: .milliseconds(10), concurrency: 3)
            ) { _ in
                try await journal.wait(for: 3)
                try await eventually("it holds all it may") { try await probe.inflight().count == 20 }
                // A job more would have to show while other things happen.
                for _ in 0..<20 { #expect(try await probe.queue("default").count == 980) }
                #expect(journal.entries == ["5", "5", "5"])
                gate.open()
                try await probe.waitUntilDrained()
            }
            #expect(inside.withLock { $0.most } == 3)
            #expect(journal.entries.compactMap { Int($0) }.reduce(0, +) == 1000)
            #expect(journal.entries.allSatisfy { (Int($0) ?? 0) <= 5 })
        }
    }

    @Test("with more kinds of jobs than there is room for, batches run before they are full rather than not at all")
    func manyKeys() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), Journal())
            let pipelines = Pipeline.batches(of: 3, concurrency: 1) { $0.jid ?? "" }
            try await probe.enqueue((0..<30).map { job("Note", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: pipelines, configuration: .quick.noting(events)
            ) { _ in
                // The last five wait for others: the queue is empty, so there is room again.
                try await journal.wait(for: 25)
                try await events.wait(for: 25)
                #expect(Set(events.entries) == ["p Note 1 pressure"])
                #expect(try await probe.queue("default").isEmpty)
            }
            #expect(Set(journal.entries).count == 30)
        }
    }

    @Test("a pipeline that holds all it may for longer than a moment says so, and when it goes on")
    func backPressure() async throws {
        try await withProbe { probe in
            let (journal, events, gate) = (Journal(), Journal(), Gate())
            try await probe.enqueue((0..<10).map { job("Note", "\($0)") }, to: "default")
            try await withWorker(
                on: probe, [.batching(journal, through: gate)], pipelines: Pipeline.batches(of: 2, concurrency: 1),
                configuration: .quick.noting(events)
            ) { _ in
                try await eventually("it is told") { events.entries.contains("p waits for batches") }
                gate.open()
                try await eventually("it ends") { events.entries.contains("p goes on") }
                try await journal.wait(for: 5)
            }
        }
    }

    @Test("a paused queue does not keep what was taken from it from running")
    func paused() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: 10, after: .milliseconds(700))
            ) { _ in
                try await probe.enqueue([job("Note", "0"), job("Note", "1")], to: "default")
                try await eventually("they are held") { try await probe.inflight().count == 2 }
                try await probe.send("SADD", "paused", "default")
                try await probe.enqueue([job("Note", "2")], to: "default")
                try await journal.wait(for: 1)
                #expect(journal.entries == ["0+1"])
                #expect(try await probe.queue("default") == [job("Note", "2")])
            }
        }
    }

    @Test("in a pipeline that does not batch, a batch handler gets one job at a time")
    func withoutBatching() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let failing = Handler.batch("Fail") { batch in batch.map { _ in .failed(Boom("one")) } }
            try await withWorker(on: probe, [.batching(journal), failing]) { _ in
                try await probe.enqueue([job("Note", "0"), job("Note", "1"), job("Fail", "f")], to: "default")
                try await journal.wait(for: 2)
                let failed = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                #expect(failed["error_message"]?.string == "one")
            }
            #expect(Set(journal.entries) == ["0", "1"])
        }
    }

    @Test(
        "a size or timeout that cannot work is refused before anything starts",
        arguments: [(0, 1000), (-1, 1000), (10, 0), (10, -5)])
    func refused(size: Int, milliseconds: Int) async throws {
        try await withProbe { probe in
            let error = await #expect(throws: PipelineError.self) {
                try await withWorker(
                    on: probe, [], pipelines: Pipeline.batches(of: size, after: .milliseconds(milliseconds))
                ) { _ in }
            }
            #expect(error?.pipeline == "p")
            #expect(error?.problem.contains(size < 1 ? "size is \(size)" : "timeout is") == true)
        }
    }

    @Test("a size beyond all reason still counts right")
    func hugeSize() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: Pipeline.batches(of: .max, after: .milliseconds(100))
            ) { _ in
                try await probe.enqueue([job("Note", "0")], to: "default")
                try await journal.wait(for: 1)
            }
        }
    }
}
