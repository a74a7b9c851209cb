import FlumeRedis
import FlumeStore
import TestSupport
import Testing

@Suite("Due and promote")
struct ScheduleTests {
    @Test("large jobs that are due come in several pages, oldest first, and say that there are more")
    func largeJobs() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(20) }
            let fixture = StoreFixture(probe)
            for (score, letter) in "abc".enumerated() {
                var add = RedisCommand("ZADD", "schedule", "\(score + 1)")
                add.append(bytes(String(repeating: letter, count: 20 << 20)))
                _ = try await probe.client.send(add)
            }
            let first = try await due(fixture, .schedule)
            #expect(first.members.map(\.first) == [UInt8(ascii: "a"), UInt8(ascii: "b")])
            #expect(first.hasMore)
            for member in first.members {
                let moved = try await fixture.store.promote(
                    [Promotion(member: member, queue: "q", payload: member)], from: .schedule)
                #expect(moved == [.moved])
            }
            let second = try await due(fixture, .schedule)
            #expect(second.members.map(\.first) == [UInt8(ascii: "c")] && !second.hasMore)
            await probe.client.close()
        }
    }

    private func due(_ fixture: StoreFixture, _ set: WaitingSet, page: Int = 100) async throws -> DueJobs {
        let all = try await fixture.store.due(page: page)
        return try #require(all.first { $0.set == set }).jobs
    }

    @Test("what is due now or before is due, oldest first; what is later says when")
    func boundary() async throws {
        try await withStore { fixture in
            let now = try await fixture.probe.now()
            try await fixture.probe.send(
                "ZADD", "schedule", "\(now)", "now", "\(now - 10)", "before", "\(now + 30)", "after", "-inf", "ever")
            let jobs = try await due(fixture, .schedule)
            #expect(jobs.members == [bytes("ever"), bytes("before"), bytes("now")])
            let wait = try #require(jobs.microsecondsToNext)
            #expect((20_000_000...30_000_000).contains(wait))
            #expect(try await due(fixture, .retry).members.isEmpty)
            #expect(try await due(fixture, .retry).microsecondsToNext == nil)
        }
    }

    @Test("a score of infinity is never due, and is waited for a day at most")
    func infinity() async throws {
        try await withStore { fixture in
            try await fixture.probe.send("ZADD", "retry", "+inf", "never")
            let jobs = try await due(fixture, .retry)
            #expect(jobs.members.isEmpty)
            #expect(jobs.microsecondsToNext == 86_400_000_000)
        }
    }

    @Test("a page holds so many members at most")
    func page() async throws {
        try await withStore { fixture in
            for index in 0..<10 { try await fixture.probe.send("ZADD", "retry", "\(index)", "m\(index)") }
            #expect(try await due(fixture, .retry, page: 3).members == ["m0", "m1", "m2"].map(bytes))
        }
    }

    @Test("a promoted job is the last of its queue, with the payload given, and has left its set")
    func promote() async throws {
        try await withStore { fixture in
            try await fixture.probe.enqueue(["waiting"], to: "q")
            try await fixture.probe.send("ZADD", "retry", "1", "m1", "2", "m2")
            let verdicts = try await fixture.store.promote(
                [
                    Promotion(member: bytes("m1"), queue: "q", payload: bytes("p1")),
                    Promotion(member: bytes("m2"), queue: "other", payload: bytes("p2")),
                    Promotion(member: bytes("deleted"), queue: "q", payload: bytes("p3")),
                ], from: .retry)
            #expect(verdicts == [.moved, .moved, .gone])
            #expect(try await fixture.probe.queue("q") == ["waiting", "p1"])
            #expect(try await fixture.probe.queue("other") == ["p2"])
            #expect(try await fixture.probe.set("queues") == ["other", "q"])
            #expect(try await fixture.probe.members("retry").isEmpty)
        }
    }

    @Test("what can never run goes to the dead set byte for byte, and its neighbours are moved")
    func malformed() async throws {
        try await withStore(limits: DeadSetLimits(maximumJobs: 2)) { fixture in
            let junk: [UInt8] = [0xff, 0x00, 0x7b]
            var add = RedisCommand("ZADD", "schedule", "1")
            add.append(junk)
            _ = try await fixture.probe.client.send(add)
            try await fixture.probe.send("ZADD", "schedule", "2", "m2")
            try await fixture.probe.send("ZADD", "dead", "1", "older", "2", "old")
            let verdicts = try await fixture.store.promote(
                [
                    Promotion(member: junk, queue: nil, payload: junk),
                    Promotion(member: bytes("m2"), queue: "q", payload: bytes("p2")),
                ], from: .schedule)
            #expect(verdicts == [.moved, .moved])
            // 180 days have passed since 1970: age takes the other two.
            #expect(try await fixture.probe.rawMembers("dead") == [junk])
            #expect(try await fixture.probe.queue("q") == ["p2"])
        }
    }

    @Test("a job whose queue holds no list stays where it is, and its neighbours are moved")
    func refused() async throws {
        try await withStore { fixture in
            try await fixture.probe.send("SET", "queue:bad", "text")
            try await fixture.probe.send("ZADD", "retry", "1", "m1", "2", "m2")
            let verdicts = try await fixture.store.promote(
                [
                    Promotion(member: bytes("m1"), queue: "bad", payload: bytes("p1")),
                    Promotion(member: bytes("m2"), queue: "q", payload: bytes("p2")),
                ], from: .retry)
            guard case .refused(let reason) = verdicts[0] else { return #expect(Bool(false)) }
            #expect(reason.contains("WRONGTYPE"))
            #expect(verdicts[1] == .moved)
            #expect(try await fixture.probe.members("retry") == ["m1"])
        }
    }

    @Test("eight promoters at once enqueue each of 300 due jobs exactly once")
    func concurrent() async throws {
        try await withStore { fixture in
            let members = (0..<300).map { "m\($0)" }
            for member in members { try await fixture.probe.send("ZADD", "schedule", "1", member) }
            let store = fixture.store
            let configuration = fixture.probe.client.configuration
            let moved = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let other = JobStore(redis: RedisProbe(configuration).client, keys: store.keys)
                        var moved = 0
                        while true {
                            let due = try await other.due(page: 20).first { $0.set == .schedule }?.jobs.members ?? []
                            if due.isEmpty { break }
                            moved += try await other.promote(
                                due.map { Promotion(member: $0, queue: "q", payload: $0) }, from: .schedule
                            ).count { $0 == .moved }
                        }
                        await other.redis.close()
                        return moved
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(moved == 300)
            #expect(try await fixture.probe.queue("q").sorted() == members.sorted())
        }
    }

    @Test("due jobs are promoted while Redis is out of memory")
    func outOfMemory() async throws {
        try await withFullServer { fixture, fill in
            try await fixture.probe.send("ZADD", "retry", "1", "m1")
            try await fill()
            #expect(try await due(fixture, .retry).members == [bytes("m1")])
            let promotion = Promotion(member: bytes("m1"), queue: "q", payload: bytes("p1"))
            #expect(try await fixture.store.promote([promotion], from: .retry) == [.moved])
            #expect(try await fixture.probe.queue("q") == ["p1"])
        }
    }
}
