import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("Locks of unique jobs")
struct UniqueTests {
    private func item(
        _ jid: String, _ token: String?, to place: PushItem.Place = .queue("q"), milliseconds: Int = 60_000
    ) -> PushItem {
        PushItem(
            bytes(jid), to: place, taking: token.map { (UniqueLock(token: $0, jid: jid), milliseconds) })
    }

    @Test("a job takes its lock in the step that enqueues it, and who comes later learns who holds it")
    func conflict() async throws {
        try await withStore { fixture in
            let holders = try await fixture.store.push([item("a", "t")])
            #expect(holders.isEmpty)
            #expect(try await fixture.probe.string("unique:t") == "a")
            #expect((59_000...60_000).contains(try await fixture.probe.number("PTTL", "unique:t")))
            #expect(try await fixture.store.push([item("b", "t", to: .queue("other"))]) == [0: "a"])
            #expect(try await fixture.store.push([item("a", "t")]) == [0: "a"])
            #expect(try await fixture.probe.queue("q") == ["a"])
            #expect(try await fixture.probe.set("queues") == ["q"])
        }
    }

    @Test("in one push some take locks, some are in conflict and some are not unique, in every order and place")
    func mixed() async throws {
        try await withStore { fixture in
            try await fixture.probe.send("SET", "unique:held", "holder")
            let holders = try await fixture.store.push([
                item("a", "t"), item("b", nil), item("c", "t"), item("d", "held"),
                item("e", "later", to: .schedule(at: 4_000_000_000)), item("f", "later"),
                item("g", nil, to: .schedule(at: 4_000_000_001)), item("h", "u", to: .queue("r")),
            ])
            #expect(holders == [2: "a", 3: "holder", 5: "e"])
            #expect(try await fixture.probe.queue("q") == ["a", "b"])
            #expect(try await fixture.probe.queue("r") == ["h"])
            #expect(try await fixture.probe.members("schedule") == ["e", "g"])
            #expect(try await fixture.probe.set("queues") == ["q", "r"])
        }
    }

    @Test("what Redis cannot take is refused before anything is written, whichever job it is")
    func allOrNone() async throws {
        try await withStore { fixture in
            try await fixture.probe.send("LPUSH", "unique:list", "x")
            try await fixture.probe.send("SET", "queue:text", "x")
            let good = item("a", "t")
            for bad in [
                item("b", "list"), item("b", nil, to: .queue("text")), item("b", "u", milliseconds: 0),
                item("b", "u", to: .schedule(at: .nan)),
            ] {
                await #expect(throws: RedisError.self) { try await fixture.store.push([good, bad, good]) }
            }
            #expect(try await fixture.probe.number("DBSIZE") == 2)
        }
    }

    @Test("a server whose memory is full takes neither job nor lock")
    func full() async throws {
        try await withFullServer { fixture, fill in
            try await fill()
            let error = await #expect(throws: RedisError.self) { try await fixture.store.push([item("a", "t")]) }
            #expect(error?.code == .refused)
            #expect(try await fixture.probe.number("DBSIZE") == 0)
        }
    }

    @Test("a settlement releases the lock its job holds, and no lock that another has taken since")
    func settled() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["a", "b", "c", "d"], of: tenure)
            for (token, jid) in [("a", "a"), ("b", "b"), ("c", "another"), ("d", "d")] {
                try await fixture.probe.send("SET", "unique:\(token)", jid)
            }
            let settlements = [
                Settlement(jobs[0], to: .done, releasing: UniqueLock(token: "a", jid: "a")),
                Settlement(jobs[1], to: .dead(payload: bytes("b")), releasing: UniqueLock(token: "b", jid: "b")),
                Settlement(jobs[2], to: .done, releasing: UniqueLock(token: "c", jid: "c")),
                Settlement(jobs[3], to: .retry(seconds: 1, payload: bytes("d"))),
            ]
            let reply = try await fixture.store.settle(done: [], moved: settlements, tenure: tenure)
            #expect(reply.verdicts == Array(repeating: .arrived, count: 4))
            #expect(try await fixture.probe.send("MGET", "unique:a", "unique:b").array?.allSatisfy(\.isNull) == true)
            #expect(try await fixture.probe.string("unique:c") == "another")
            #expect(try await fixture.probe.string("unique:d") == "d")
            // The token is free, and somebody took it: a settlement sent again is none of its business.
            try await fixture.probe.send("SET", "unique:a", "a")
            _ = try await fixture.store.settle(done: [], moved: settlements, tenure: tenure)
            #expect(try await fixture.probe.string("unique:a") == "a")
        }
    }

    @Test("a job that cannot arrive keeps its lock")
    func refused() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["a"], of: tenure)
            try await fixture.probe.send("SET", "unique:t", "a")
            try await fixture.probe.send("SET", "dead", "no set")
            let lock = UniqueLock(token: "t", jid: "a")
            let settlement = Settlement(jobs[0], to: .dead(payload: bytes("a")), releasing: lock)
            let reply = try await fixture.store.settle(done: [], moved: [settlement], tenure: tenure)
            guard case .refused = try #require(reply.verdicts.first) else {
                Issue.record("\(reply.verdicts)")
                return
            }
            #expect(try await fixture.probe.string("unique:t") == "a")
            #expect(try await fixture.record(tenure).count == 1)
        }
    }

    @Test("a job that is recovered keeps its lock until it is recovered once too often")
    func recovered() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["a", "b"], of: tenure)
            try await fixture.probe.send("MSET", "unique:a", "a", "unique:b", "b", "flume:recoveries:b", "2")
            let settlements = jobs.map { delivery in
                Settlement(
                    delivery,
                    to: .recover(
                        Recovery(
                            queue: "q", payload: delivery.payload, jid: delivery.text, limit: 3,
                            obituary: bytes("obituary"), delay: 1, delayed: bytes("delayed"))),
                    releasing: UniqueLock(token: delivery.text, jid: delivery.text))
            }
            let reply = try await fixture.store.settle(done: [], moved: settlements, tenure: tenure)
            #expect(reply.verdicts == [.arrived, .buried])
            #expect(try await fixture.probe.string("unique:a") == "a")
            #expect(try await fixture.probe.string("unique:b") == nil)
        }
    }

    @Test("locks are released one by one, each only from the job that holds it")
    func unlock() async throws {
        try await withStore { fixture in
            try await fixture.probe.send("MSET", "unique:a", "1", "unique:b", "2")
            try await fixture.probe.send("LPUSH", "unique:list", "3")
            let released = try await fixture.store.unlock([
                UniqueLock(token: "a", jid: "1"), UniqueLock(token: "b", jid: "1"), UniqueLock(token: "none", jid: "1"),
                UniqueLock(token: "list", jid: "3"),
            ])
            #expect(released == 1)
            #expect(try await fixture.probe.string("unique:a") == nil)
            #expect(try await fixture.probe.string("unique:b") == "2")
            #expect(try await fixture.store.unlock([]) == 0)
        }
    }
}
