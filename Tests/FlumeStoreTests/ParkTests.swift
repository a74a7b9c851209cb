import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("Jobs that are parked until their key has room")
struct ParkTests {
    private let index = "flume:parked-keys:1:p:tenant"
    /// Without the key.
    private let list = "flume:parked:1:p:6:tenant:"

    private func limit(_ fixture: StoreFixture, _ numbers: Limit.Numbers? = nil) -> KeyedLimit {
        KeyedLimit(
            [("tenant", numbers ?? .init(.window, count: 100, scale: 60_000_000))], in: "p", keys: fixture.store.keys)
    }

    private func park(_ entries: [[UInt8]], for key: String, _ fixture: StoreFixture) async throws {
        for entry in entries {
            var command = RedisCommand("RPUSH", list + key)
            command.append(entry)
            _ = try await fixture.probe.client.send(command)
        }
        try await fixture.probe.send("ZADD", index, "1", key)
    }

    private func unpark(
        _ keys: [String], of limit: KeyedLimit, first: Int, _ tenure: Tenure, _ fixture: StoreFixture
    ) async throws -> JobStore.KeyedReply {
        let reply = try await fixture.store.unpark(
            keys.compactMap { JobKeys([$0]) }, of: limit, without: [],
            FetchRequest(epoch: 1, firstSequence: first, count: 100, sources: []), leaseMilliseconds: 60_000,
            tenure: tenure)
        guard case .held(let answer) = reply else { throw TestSupportError("\(reply)") }
        return answer
    }

    @Test("those of all keys together that come in one reply are no larger than a fetch brings; the others come next")
    func bytes() async throws {
        try await withStore { fixture in
            let (tenure, limit) = (try await fixture.tenure(), limit(fixture))
            let huge = FlumeStoreTests.bytes("1:q" + String(repeating: "x", count: 40 << 20))
            try await park([FlumeStoreTests.bytes("1:qsmall"), huge], for: "a", fixture)
            try await park([huge, huge], for: "b", fixture)
            try await park([FlumeStoreTests.bytes("1:qlast")], for: "c", fixture)
            let first = try await unpark(["a", "b", "c"], of: limit, first: 1, tenure, fixture)
            #expect(first.deliveries.map(\.payload.count) == [5, 40 << 20, 40 << 20])
            #expect(first.due == .zero)
            #expect(try await fixture.record(tenure).count == 3)
            #expect(try await fixture.probe.members(index) == ["b", "c"])
            let second = try await unpark(["b", "c"], of: limit, first: 101, tenure, fixture)
            #expect(second.deliveries.map(\.payload.count) == [40 << 20, 4])
            #expect(try await fixture.probe.number("EXISTS", index, list + "a", list + "b", list + "c") == 0)
        }
    }

    @Test(
        "what is no job among them stays with those behind it and is told of, and those before it start and are gone",
        arguments: ["garbage", "9:q", "99999999999999999999:q", ":q", ""])
    func garbage(entry: String) async throws {
        try await withStore { fixture in
            let (tenure, limit) = (try await fixture.tenure(), limit(fixture))
            try await park(["1:qa0", entry, "1:qa1"].map(FlumeStoreTests.bytes), for: "a", fixture)
            try await park([FlumeStoreTests.bytes("1:qb0")], for: "b", fixture)
            let first = try await unpark(["a", "b"], of: limit, first: 1, tenure, fixture)
            #expect(first.deliveries.map(\.text) == ["a0", "b0"])
            #expect(first.brokenKeys == [list + "a"])
            #expect(try await fixture.probe.list(list + "a") == [entry, "1:qa1"])
            #expect(try await fixture.record(tenure) == ["1:q": "a0", "2:q": "b0"])
            let second = try await unpark(["a"], of: limit, first: 101, tenure, fixture)
            #expect(second.deliveries.isEmpty && second.brokenKeys == [list + "a"])
            // Looked at again when somebody may have put that right.
            #expect(try #require(second.due) > .zero)
            try await fixture.probe.send("LPOP", list + "a")
            let third = try await unpark(["a"], of: limit, first: 201, tenure, fixture)
            #expect(third.deliveries.map(\.text) == ["a1"] && third.due == nil)
        }
    }

    @Test("when the list of keys with parked jobs is lost, the next job of a key brings its own back")
    func lostIndex() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let limit = limit(fixture, .init(.window, count: 1, scale: 60_000_000))
            let keys = try #require(JobKeys(["a"]))
            let jobs = try await fixture.inflight(["0", "1", "2"], of: tenure).map { (delivery: $0, keys: keys) }
            let first = try await fixture.store.admit(Array(jobs.prefix(2)), by: limit)
            #expect(first.deliveries.map(\.text) == ["0"] && first.parked == 1)
            try await fixture.probe.send("DEL", index)
            #expect(try await fixture.store.admit(Array(jobs.suffix(1)), by: limit).parked == 1)
            #expect(try await fixture.store.parkedKeys(of: limit, atMost: 10).due == [keys])
            // Where it is there it keeps its time.
            try await fixture.probe.send("ZADD", index, "7", "a")
            let more = try await fixture.inflight(["3"], of: tenure).map { (delivery: $0, keys: keys) }
            #expect(try await fixture.store.admit(more, by: limit).parked == 1)
            #expect(try await fixture.probe.score(index, "a") == 7)
        }
    }

    @Test("those of a queue that was left go back there, the oldest in front, and those behind them start")
    func left() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            var limit = limit(fixture)
            limit.left = ["gone", "broken"]
            try await fixture.probe.enqueue(["waiting"], to: "gone")
            try await fixture.probe.send("SET", "queue:broken", "no list")
            let entries = ["4:gone0", "1:q1", "4:gone2", "1:q3", "6:broken4", "1:q5"]
            try await park(entries.map(FlumeStoreTests.bytes), for: "a", fixture)
            let reply = try await fixture.store.unpark(
                [try #require(JobKeys(["a"]))], of: limit, without: limit.left,
                FetchRequest(epoch: 1, firstSequence: 1, count: 100, sources: []), leaseMilliseconds: 60_000,
                tenure: tenure)
            guard case .held(let answer) = reply else { throw TestSupportError("\(reply)") }
            #expect(answer.deliveries.map(\.text) == ["1", "3"])
            #expect(try await fixture.probe.queue("gone") == ["0", "2", "waiting"])
            // What cannot take them keeps them where they are.
            #expect(try await fixture.probe.list(list + "a") == ["6:broken4", "1:q5"])
            #expect(try await fixture.probe.set("queues").contains("gone"))
        }
    }
}
