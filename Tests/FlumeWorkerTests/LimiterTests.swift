import FlumeRedis
import FlumeStore
import FlumeWire
import Synchronization
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Limiters used alone")
struct LimiterTests {
    @Test("those who wait for slots have their turn in the order they came")
    func order() async throws {
        try await withProbe { probe in
            let slots = Limit("s", RateLimit.concurrency(1).numbers, keys: KeySpace())
            let store = JobStore(redis: probe.client, keys: KeySpace())
            let acquirer = Acquirer(forSlotsOf: slots, in: store, life: .seconds(30))
            let journal = Journal()
            let first = try await acquirer.acquireSlot()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        let slot = try await acquirer.acquireSlot()
                        journal.note("\(index)")
                        try await store.releaseSlots([slot], under: slots.slotsKey)
                        acquirer.wake()
                    }
                    try await eventually("it waits") { acquirer.waiting == index + 1 }
                }
                try await store.releaseSlots([first], under: slots.slotsKey)
                try await group.waitForAll()
            }
            #expect(journal.entries == (0..<20).map { "\($0)" })
        }
    }

    @Test("those who wait for a start have their turn in the order they came, and who missed it comes first")
    func turns() async throws {
        let (journal, gate) = (Journal(), FlumeWorkerTests.Gate())
        let state = Mutex((started: 0, isOneLate: false, isItBack: false))
        let nothing = Acquirer.Answer(granted: 0, wait: .zero)
        let acquirer = Acquirer { (wanted: Int, _: Int, _: [Int: Int]) async throws(RedisError) -> Acquirer.Answer in
            // All wait before the first gets anything; then each has started before the next one's turn.
            try? await gate.pass()
            return state.withLock { state in
                guard journal.count == state.started else { return nothing }
                if state.started == 1, !state.isOneLate {
                    state.isOneLate = true
                    return Acquirer.Answer(granted: 1, deadline: .now - .seconds(1), wait: .zero, time: 1)
                }
                if state.isOneLate, !state.isItBack {
                    guard wanted == 4 else { return nothing }
                    state.isItBack = true
                }
                state.started += 1
                return Acquirer.Answer(granted: 1, wait: .zero)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<5 {
                group.addTask {
                    try await acquirer.acquire()
                    journal.note("\(index)")
                }
                try await eventually("it waits") { acquirer.waiting == index + 1 }
            }
            gate.open()
            try await group.waitForAll()
        }
        #expect(journal.entries == (0..<5).map { "\($0)" })
    }

    @Test("a slot is renewed while its holder runs, taken again when Redis has lost it, and given back at the end")
    func kept() async throws {
        try await withProbe { probe in
            let limiter = try Limiter(.concurrency(1, key: "l"), redis: probe.client, slotLife: .milliseconds(300))
            let key = "flume:slots:l:slots"
            try await limiter.withSlot {
                let first = try #require(try await probe.hash(key).values.first)
                try await eventually("it is renewed") { try await probe.hash(key).values.first != first }
                try await probe.send("DEL", key)
                try await eventually("it is taken again") { try await probe.number("HLEN", key) == 1 }
            }
            #expect(try await probe.number("HLEN", key) == 0)
        }
    }

    @Test("a slot that was granted to somebody who has left meanwhile is given back")
    func left() async throws {
        let (given, gate) = (Journal(), FlumeWorkerTests.Gate())
        let acquirer = Acquirer { (_: Int, _: Int, _: [Int: Int]) async throws(RedisError) -> Acquirer.Answer in
            given.note("asked")
            try? await gate.pass()
            return Acquirer.Answer(granted: 1, wait: .zero, slot: "s")
        } giveBack: {
            given.note("back \($0)")
        }
        let waiting = Task { try await acquirer.acquireSlot() }
        try await given.wait(for: 1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        gate.open()
        try await given.wait(for: 2)
        #expect(given.entries == ["asked", "back s"])
    }

    @Test("many who wait all get their turn, and no window has more than the limit")
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

    @Test(
        "a job that was told to come after a time that no clock can tell waits for a year, and so do its limits",
        arguments: [Duration.seconds(9_999_999_999_999), .seconds(Int64.max)])
    func rateLimitedForEver(pause: Duration) async throws {
        try await withProbe { probe in
            let handler = Handler.raw("Call") { _, _ in throw RateLimitedError(retryAfter: pause) }
            let key = "limiter-tests-\(pause.wholeMicroseconds)-\(pause.wholeMilliseconds)"
            let here = RateLimit.local(.slidingWindow(100, per: .seconds(1), key: key))
            // It is there as long as somebody has it.
            let limiter = try Limiter(here, redis: probe.client)
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 1).rateLimit(100, per: .seconds(1), key: "api").limited(by: here)
            ]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await probe.enqueue([job("Call", "0")], to: "q")
                _ = try await probe.wait(for: 1, in: "schedule")
            }
            let year = 366.0 * 24 * 3600
            let waiting = try #require(try await probe.members("schedule").first)
            let score = try #require(try await probe.score("schedule", waiting))
            #expect(abs(score - year - (try await probe.now())) < 60)
            let wait = try await limiter.usage().wait
            #expect(wait <= .seconds(year) && wait > .seconds(year - 60))
        }
    }

    @Test("times that are too long in milliseconds are the longest there are")
    func milliseconds() {
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
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
