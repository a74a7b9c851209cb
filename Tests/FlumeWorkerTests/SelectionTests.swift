import FlumeRedis
import FlumeStore
import FlumeWire
import Synchronization
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("In which order queues have their turn")
struct QueueSelectionTests {
    private func selection(_ queues: KeyValuePairs<String, Int>) -> QueueSelection {
        let pipeline = Pipeline("p", queues: queues, concurrency: 1)
        return QueueSelection(
            pipeline.queues.map { (QueueKey($0.name, keys: KeySpace()), $0.weight) }, mode: pipeline.mode)
    }

    @Test("all weights 0 is strict, all 1 random, anything else weighted; a queue listed twice counts once")
    func modes() {
        #expect(Pipeline("p", queues: ["a": 0, "b": 0], concurrency: 1).mode == .strict)
        #expect(Pipeline("p", queues: ["a": 1, "b": 1], concurrency: 1).mode == .random)
        #expect(Pipeline("p", queues: ["a": 2, "b": 1], concurrency: 1).mode == .weighted)
        #expect(Pipeline("p", queues: ["a": 0, "b": 1], concurrency: 1).mode == .weighted)
        #expect(Pipeline("p", queues: ["a": 2, "b": 1, "a": 5], concurrency: 1).queues.map(\.name) == ["a", "b"])
    }

    @Test("strict is the order listed, with the whole count as each quota")
    func strict() {
        var generator = SeededGenerator.printed()
        let sources = selection(["c": 0, "a": 0, "b": 0]).sources(count: 7, using: &generator)
        #expect(sources.map(\.queue.name) == ["c", "a", "b"])
        #expect(sources.map(\.quota) == [7, 7, 7])
    }

    @Test("weighted is first in proportion to its weight, and quotas share the count the same way")
    func weighted() {
        var generator = SeededGenerator.printed()
        let selection = selection(["a": 3, "b": 1])
        var first = 0
        var quota = 0
        let rounds = 4000
        for _ in 0..<rounds {
            let sources = selection.sources(count: 10, using: &generator)
            #expect(Set(sources.map(\.queue.name)) == ["a", "b"])
            #expect(sources.map(\.quota).reduce(0, +) == 10)
            if sources[0].queue.name == "a" { first += 1 }
            quota += sources.first { $0.queue.name == "a" }?.quota ?? 0
        }
        // Expected 3/4; five standard deviations are about 0.034 and 0.011.
        #expect((0.71...0.79).contains(Double(first) / Double(rounds)))
        #expect((0.735...0.765).contains(Double(quota) / Double(10 * rounds)))
    }

    @Test("random puts every order first as often as any other")
    func random() {
        var generator = SeededGenerator.printed()
        let selection = selection(["a": 1, "b": 1, "c": 1])
        var orders: [[String]: Int] = [:]
        for _ in 0..<6000 {
            orders[selection.sources(count: 1, using: &generator).map(\.queue.name), default: 0] += 1
        }
        #expect(orders.count == 6)
        #expect(orders.values.allSatisfy { (830...1170).contains($0) }, "\(orders)")
    }
}

/// Counts how many handlers are inside at the same time.
private final class Occupancy: Sendable {
    private let state = Mutex((inside: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.most = max(state.most, state.inside)
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
}

@Suite("Pipelines")
struct PipelineTests {
    @Test("a strict pipeline empties its queues in order")
    func strict() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.enqueue((1...20).map { job("Note", "low-\($0)") }, to: "low")
            try await probe.enqueue((1...20).map { job("Note", "high-\($0)") }, to: "high")
            let pipeline = Pipeline("p", queues: ["high": 0, "low": 0], concurrency: 1)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { _ in
                try await journal.wait(for: 40)
            }
            #expect(journal.entries == (1...20).map { "high-\($0)" } + (1...20).map { "low-\($0)" })
        }
    }

    @Test("a weighted pipeline lets the lighter queue run before the heavier one is empty")
    func weighted() async throws {
        try await withProbe { probe in
            let journal = Journal()
            for queue in ["a", "b"] {
                try await probe.enqueue((1...300).map { job("Note", "\(queue)\($0)") }, to: queue)
            }
            let pipeline = Pipeline("p", queues: ["a": 3, "b": 1], concurrency: 4)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { _ in
                try await journal.wait(for: 600)
            }
            let heavy = journal.entries.prefix(200).count { $0.hasPrefix("a") }
            #expect((115...180).contains(heavy), "\(heavy)")
        }
    }

    @Test("a pipeline never runs more jobs than its concurrency, and reaches it", arguments: [1, 3, 16])
    func concurrency(limit: Int) async throws {
        try await withProbe { probe in
            let journal = Journal()
            let occupancy = Occupancy()
            let handler = Handler.raw("Busy") { _, context in
                occupancy.enter()
                try await Task.sleep(for: .milliseconds(2))
                occupancy.leave()
                journal.note(context.jid)
            }
            try await probe.enqueue((0..<200).map { job("Busy", "\($0)") }, to: "default")
            try await withWorker(on: probe, [handler], concurrency: limit) { _ in try await journal.wait(for: 200) }
            #expect(occupancy.most == limit)
            #expect(Set(journal.entries).count == 200)
        }
    }

    @Test("a full pipeline does not keep another from running its jobs")
    func independence() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let pipelines = [
                Pipeline("slow", queue: "slow", concurrency: 2), Pipeline("fast", queue: "fast", concurrency: 1),
            ]
            try await probe.enqueue((0..<5).map { job("Gated", "slow-\($0)") }, to: "slow")
            try await withWorker(on: probe, [.gated(journal, gate), .noting(journal)], pipelines: pipelines) { _ in
                try await journal.wait(for: 2)
                try await probe.enqueue((0..<5).map { job("Note", "fast-\($0)") }, to: "fast")
                try await journal.wait(for: 7)
                #expect(journal.entries.filter { $0.hasPrefix("fast") }.count == 5)
                #expect(try await probe.number("LLEN", "queue:slow") == 3)
                gate.open()
                try await journal.wait(for: 10)
            }
        }
    }

    @Test("more queues than are waited on are all read")
    func manyQueues() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let names = (0..<20).map { "q\($0)" }
            let pipeline = Pipeline("p", queues: names.map { Pipeline.Queue($0) }, concurrency: 2)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { _ in
                for name in names { try await probe.enqueue([job("Note", name)], to: name) }
                try await journal.wait(for: 20)
            }
            #expect(journal.entries.sorted() == names.sorted())
        }
    }

    @Test("a queue is left alone within a second of being paused, and read within a second of being resumed")
    func paused() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let pipeline = Pipeline("p", queues: ["a": 0, "b": 0], concurrency: 2)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { _ in
                try await probe.enqueue([job("Note", "one")], to: "a")
                try await journal.wait(for: 1)
                try await probe.send("SADD", "paused", "a")
                try await probe.enqueue([job("Note", "two")], to: "a")
                try await probe.enqueue([job("Note", "other")], to: "b")
                try await journal.wait(for: 2)
                // The queue stays as it is over several looks at it.
                for index in 0..<5 {
                    try await probe.enqueue([job("Note", "tick\(index)")], to: "b")
                    try await journal.wait(for: 3 + index)
                }
                #expect(try await probe.queue("a").count == 1)
                try await probe.send("SREM", "paused", "a")
                try await journal.wait(for: 8, timeout: .seconds(2))
            }
            #expect(journal.entries == ["one", "other", "tick0", "tick1", "tick2", "tick3", "tick4", "two"])
        }
    }

    @Test("an enqueued job starts at once on an idle worker, again and again")
    func idle() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let journal = Journal()
                try await withWorker(on: probe, [.noting(journal)]) { _ in
                    // A worker that missed the arrival would look again only after five seconds, each time.
                    for index in 1...30 {
                        try await probe.enqueue([job("Note", "\(index)")], to: "default")
                        try await journal.wait(for: index, timeout: .seconds(4))
                    }
                }
            }
        }
    }

    @Test("a job deleted from its queue before it is fetched is nobody's trouble")
    func vanishing() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal)]) { _ in
                for index in 0..<50 {
                    try await probe.enqueue([job("Note", "gone\(index)")], to: "default")
                    try await probe.send("LREM", "queue:default", "1", job("Note", "gone\(index)"))
                }
                try await probe.enqueue([job("Note", "last")], to: "default")
                try await eventually("the last has run") { journal.entries.contains("last") }
            }
            #expect(try await probe.inflight().isEmpty)
        }
    }
}
