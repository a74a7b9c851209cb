import Flume
import FlumeRedis
import FlumeWire
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Batches: jobs that count with a rate")
struct BatchLimitTests {
    private func batching(_ starts: Starts) -> Handler {
        .batch("Note") { batch in
            for context in batch.contexts { starts.note(context.jid) }
        }
    }

    private func jobs(_ range: Range<Int>, _ tenant: String = "a") -> [String] {
        range.map { job("Note", "\($0)", args: "[\"\(tenant)\"]") }
    }

    /// Makes those that are held late; a bound from below, so no matter how slow the machine is.
    private func letLeaveRunOut() async throws { try await Task.sleep(for: .milliseconds(40)) }

    @Test(
        "jobs that were let in while the first waited are asked for again with those, so that each counts as it starts")
    func together() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let limit = RateLimit.slidingWindow(4, per: .seconds(2), key: "k")
            let pipelines = Pipeline.batches(of: 4).map { $0.limited(by: limit) }
            let other = try Limiter(limit, redis: probe.client)
            let handler = Handler.batch("Note") { batch in
                let left = try await other.usage().available
                journal.note(batch.contexts.map(\.jid).joined(separator: "+") + ", then \(left)")
            }
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await probe.enqueue(jobs(0..<3), to: "default")
                try await eventually("three are held") { try await probe.inflight().count == 3 }
                try await eventually("they count no more") { try await other.usage().available == 4 }
                for _ in 0..<3 { #expect(try await other.tryAcquire()) }
                try await probe.enqueue(jobs(3..<4), to: "default")
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            // Each of the four has started just now, and counts: also the last, which had leave before the others.
            #expect(journal.entries == ["0+1+2+3, then 0"])
        }
    }

    @Test("no window has more starts than the limit, in two workers whose batches wait for company")
    func exact() async throws {
        try await withProbe { probe in
            let starts = Starts()
            let pipelines = Pipeline.batches(of: 5, after: .milliseconds(60), concurrency: 4)
                .map { $0.rateLimit(10, per: .milliseconds(300), key: "k") }
            try await withWorker(on: probe, [batching(starts)], pipelines: pipelines) { _ in
                try await withWorker(on: probe, [batching(starts)], pipelines: pipelines) { _ in
                    for first in stride(from: 0, to: 60, by: 3) {
                        try await probe.enqueue(jobs(first..<(first + 3)), to: "default")
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    try await starts.wait(for: 60)
                    try await probe.waitUntilDrained()
                }
            }
            #expect(Set(starts.jids) == Set((0..<60).map(String.init)))
            #expect(starts.count == 60)
            #expect(most(in: 300_000 - preemption, starts.times) <= 10)
        }
    }

    @Test("a limit of this process counts all jobs of a batch that waited, too")
    func local() async throws {
        try await withProbe { probe in
            let starts = Starts()
            let pipelines = Pipeline.batches(of: 5, after: .milliseconds(60), concurrency: 4)
                .map { $0.limited(by: .local(.slidingWindow(10, per: .milliseconds(300), key: "batch-limit-tests"))) }
            try await withWorker(on: probe, [batching(starts)], pipelines: pipelines) { _ in
                for first in stride(from: 0, to: 40, by: 2) {
                    try await probe.enqueue(jobs(first..<(first + 2)), to: "default")
                    try await Task.sleep(for: .milliseconds(20))
                }
                try await starts.wait(for: 40)
            }
            #expect(starts.count == 40)
            #expect(most(in: 300_000 - preemption, starts.times) <= 10)
        }
    }

    @Test("a rate that is made smaller than the batch divides it, and is told of")
    func smaller() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let logs = InMemoryLogHandler()
            let limit = RateLimit.slidingWindow(4, per: .milliseconds(400), key: "k")
            let pipelines = Pipeline.batches(of: 4).map { $0.limited(by: limit) }
            let limiter = try Limiter(limit, redis: probe.client)
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: pipelines, logger: Logger(label: "test") { _ in logs }
            ) { _ in
                try await probe.enqueue(jobs(0..<3), to: "default")
                try await eventually("three are held") { try await probe.inflight().count == 3 }
                try await limiter.change(to: .slidingWindow(2, per: .milliseconds(400)))
                try await letLeaveRunOut()
                try await probe.enqueue(jobs(3..<4), to: "default")
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["0+1", "2+3"])
            let told = logs.entries.filter { "\($0.message)".contains("the batch is divided") }
            #expect(told.count == 1)
            #expect(told.first?.metadata["flume.limit"] == "k")
        }
    }

    @Test("jobs of a batch whose keys have limits of their own start as far as each key has room")
    func byKey() async throws {
        try await withProbe { probe in
            let starts = Starts()
            let pipelines = Pipeline.batches(of: 6, after: .milliseconds(80)).map {
                $0.rateLimit(3, per: .milliseconds(400), key: "tenant") { try $0.arguments().first?.string }
                    .rateLimit(100, per: .seconds(1))
            }
            try await withWorker(on: probe, [batching(starts)], pipelines: pipelines) { _ in
                try await probe.enqueue(
                    (0..<9).map { job("Note", "a\($0)", args: #"["a"]"#) }
                        + (0..<5).map { job("Note", "b\($0)", args: #"["b"]"#) }, to: "default")
                try await starts.wait(for: 14)
                try await probe.waitUntilDrained()
            }
            #expect(starts.count == 14)
            for tenant in ["a", "b"] { #expect(most(in: 400_000 - preemption, starts.times(of: tenant)) <= 3) }
        }
    }

    @Test("a batch that waits for its limit is put back when the worker stops")
    func stop() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let pipelines = Pipeline.batches(of: 2).map { $0.rateLimit(4, per: .seconds(3600), key: "k") }
            var configuration = WorkerConfiguration.quick
            configuration.shutdownTimeout = .milliseconds(100)
            try await withWorker(
                on: probe, [.batching(journal)], pipelines: pipelines, configuration: configuration
            ) { _ in
                try await probe.enqueue(jobs(0..<1), to: "default")
                try await eventually("one is held") { try await probe.inflight().count == 1 }
                try await letLeaveRunOut()
                try await probe.send("HSET", "flume:limit:k", "blocked_until", "9000000000000000")
            }
            #expect(journal.count == 0)
            #expect(try await probe.queue("default").count == 1)
        }
    }
}
