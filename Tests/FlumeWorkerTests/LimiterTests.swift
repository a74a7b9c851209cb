import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Limiters used alone")
struct LimiterTests {
    @Test("many who wait have their turn in the order they came, and no window has more than the limit")
    func acquire() async throws {
        try await withProbe { probe in
            let limiter = try Limiter(.slidingWindow(10, per: .milliseconds(200), key: "l"), redis: probe.client)
            let starts = Starts()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        try await limiter.acquire()
                        starts.note("\(index)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(most(in: 200_000 - preemption, starts.times) <= 10)
            #expect(starts.count == 40)
        }
    }

    @Test("one who is cancelled stops waiting, and those behind it go on")
    func cancel() async throws {
        try await withProbe { probe in
            let limiter = try Limiter(.slidingWindow(1, per: .milliseconds(300), key: "l"), redis: probe.client)
            #expect(try await limiter.tryAcquire())
            #expect(try await !limiter.tryAcquire())
            let cancelled = Task { try await limiter.acquire() }
            let behind = Task { try await limiter.acquire() }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            try await behind.value
        }
    }

    @Test("a change counts at once, for those who wait and for other processes")
    func change() async throws {
        try await withProbe { probe in
            let one = try Limiter(.slidingWindow(1, per: .seconds(3600), key: "l"), redis: probe.client)
            let other = try Limiter(.slidingWindow(1, per: .seconds(3600), key: "l"), redis: probe.client)
            #expect(try await one.tryAcquire())
            let waiting = Task { try await other.acquire() }
            try await one.change(to: .slidingWindow(3, per: .seconds(3600)))
            try await waiting.value
            let usage = try await other.usage()
            #expect(usage.count == 3 && usage.available == 1 && usage.wait == .zero, "\(usage)")
            await #expect(throws: PipelineError.self) { try await one.change(to: .slidingWindow(0, per: .seconds(1))) }
            await #expect(throws: PipelineError.self) { try await one.change(to: .concurrency(2)) }
        }
    }

    @Test("a limit that was told to back off lets half through, and all again when ten of its times have passed")
    func recovery() async throws {
        try await withProbe { probe in
            let limiter = try Limiter(.slidingWindow(100, per: .milliseconds(200), key: "k"), redis: probe.client)
            try await limiter.acquire()
            try await limiter.backOff(retryAfter: nil)
            let reduced = try await limiter.usage().count
            #expect((50..<100).contains(reduced), "\(reduced)")
            var counts = [reduced]
            try await eventually("it has come back") {
                counts.append(try await limiter.usage().count)
                return counts.last == 100
            }
            #expect(counts == counts.sorted(), "\(counts)")
            // Not at once, but on the way.
            #expect(counts.contains { (51..<100).contains($0) }, "\(counts)")
        }
    }

    @Test("no more run at a time than there are slots, and each gives its own back")
    func slots() async throws {
        try await withProbe { probe in
            let limiter = try Limiter(.concurrency(2, key: "l"), redis: probe.client)
            let crowd = Crowd()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        do {
                            try await limiter.withSlot {
                                crowd.enter()
                                try await Task.sleep(for: .milliseconds(5))
                                crowd.leave()
                                if index % 2 == 0 { throw Boom() }
                            }
                        } catch is Boom {}
                    }
                }
                try await group.waitForAll()
            }
            #expect(crowd.most == 2)
            #expect(try await limiter.usage().available == 2)
            await #expect(throws: PipelineError.self) { try await limiter.acquire() }
            // One whose holder is gone runs out by itself.
            try await probe.send("HSET", "flume:slots:l:slots", "limiter:a", "1", "limiter:b", "1")
            #expect(try await limiter.withSlot { true })
        }
    }

    @Test("a handler that was told to come later sends its job there, without a retry, and closes the limit")
    func rateLimited() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("Call") { _, context in
                journal.note(context.jid)
                throw RateLimitedError(retryAfter: .seconds(600))
            }
            try await probe.enqueue((0..<3).map { job("Call", "\($0)") }, to: "q")
            let pipelines = [Pipeline("p", queue: "q", concurrency: 1).rateLimit(100, per: .seconds(1), key: "api")]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                _ = try await probe.wait(for: 1, in: "schedule")
                let limiter = try Limiter(.slidingWindow(100, per: .seconds(1), key: "api"), redis: probe.client)
                let usage = try await limiter.usage()
                #expect(usage.available == 0 && usage.wait > .seconds(590))
            }
            #expect(journal.entries == ["0"])
            #expect(try await probe.number("ZCARD", "retry") == 0)
            #expect(try await probe.number("LLEN", "queue:q") == 2)
        }
    }

    @Test("a limiter that cannot work says so when it is made")
    func validation() async throws {
        try await withProbe { probe in
            #expect(throws: PipelineError.self) { try Limiter(.concurrency(1), redis: probe.client) }
            #expect(throws: PipelineError.self) { try Limiter(.concurrency(0, key: "l"), redis: probe.client) }
            #expect(throws: PipelineError.self) {
                try Limiter(.slidingWindow(1, per: .zero, key: "l"), redis: probe.client)
            }
        }
    }
}
