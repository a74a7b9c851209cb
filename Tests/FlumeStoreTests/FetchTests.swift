import FlumeRedis
import FlumeStore
import TestSupport
import Testing

@Suite("Fetch")
struct FetchTests {
    @Test("jobs leave oldest first, queue by queue, and are in flight under rising numbers")
    func order() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a1", "a2", "a3"], to: "a")
            try await fixture.probe.enqueue(["b1", "b2"], to: "b")
            let reply = try await fixture.fetch(tenure, 4, from: ["b", "a"])
            #expect(reply.payloads == ["b1", "b2", "a1", "a2"])
            #expect(reply.deliveries.map(\.sequence) == [1, 2, 3, 4])
            #expect(reply.deliveries.map(\.queue) == ["b", "b", "a", "a"])
            #expect(try await fixture.record(tenure) == ["1:b": "b1", "2:b": "b2", "3:a": "a1", "4:a": "a2"])
            #expect(try await fixture.probe.queue("a") == ["a3"])
            #expect(try await fixture.probe.number("EXISTS", "queue:b") == 0)
        }
    }

    @Test("each queue gives its quota before the first one fills what the others left")
    func quotas() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue((1...9).map { "a\($0)" }, to: "a")
            try await fixture.probe.enqueue(["b1"], to: "b")
            try await fixture.probe.enqueue(["c1", "c2", "c3"], to: "c")
            let reply = try await fixture.fetch(tenure, 8, from: ["a", "b", "c"], quotas: [2, 4, 2])
            #expect(reply.payloads == ["a1", "a2", "b1", "c1", "c2", "a3", "a4", "a5"])
            #expect(Set(reply.deliveries.map(\.sequence)) == Set(1...8))
        }
    }

    @Test("a paused queue gives nothing, is named in the reply, and gives again once resumed")
    func paused() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a1"], to: "a")
            try await fixture.probe.enqueue(["b1"], to: "b")
            try await fixture.probe.send("SADD", "paused", "a")
            let reply = try await fixture.fetch(tenure, 5, from: ["a", "b"])
            guard case .held(let deliveries, let paused, _) = reply else { return #expect(Bool(false)) }
            #expect(deliveries.map(\.text) == ["b1"])
            #expect(paused == ["a"])
            try await fixture.probe.send("SREM", "paused", "a")
            #expect(try await fixture.fetch(tenure, 5, from: ["a", "b"], first: 10).payloads == ["a1"])
        }
    }

    @Test("a queue whose key holds no list is reported, and its neighbours give their jobs")
    func brokenQueue() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.send("SET", "queue:bad", "text")
            try await fixture.probe.enqueue(["a1"], to: "a")
            let reply = try await fixture.fetch(tenure, 5, from: ["bad", "a"])
            guard case .held(let deliveries, _, let broken) = reply else { return #expect(Bool(false)) }
            #expect(deliveries.map(\.text) == ["a1"])
            #expect(broken.map(\.queue) == ["bad"])
            #expect(broken.first?.reason.contains("WRONGTYPE") == true)
        }
    }

    @Test("large jobs come in several fetches, each of which fits into a reply; none is lost and the order is kept")
    func large() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(20) }
            let fixture = StoreFixture(probe)
            let tenure = try await fixture.tenure()
            try await fixture.enqueueHuge()
            try await probe.enqueue(["last"], to: "q")
            let first = try await fixture.fetch(tenure, 10, from: ["q"])
            #expect(first.deliveries.map(\.payload.first) == [UInt8(ascii: "a"), UInt8(ascii: "b")])
            #expect(first.deliveries.map(\.sequence) == [1, 2])
            #expect(try await probe.number("LLEN", "queue:q") == 2)
            let second = try await fixture.fetch(tenure, 10, from: ["q"], first: 11)
            #expect(second.deliveries.map(\.payload.count) == [40 << 20, 4])
            #expect(try await probe.number("HLEN", "flume:inflight:\(tenure.identity)") == 4)
            await probe.client.close()
        }
    }

    @Test("more jobs than Lua's stack holds come in one fetch, in order and each once")
    func thousands() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = (0..<12_345).map { "job-\($0)" }
            try await fixture.probe.enqueue(jobs, to: "q")
            let reply = try await fixture.fetch(tenure, 12_000, from: ["q"])
            #expect(reply.payloads == Array(jobs.prefix(12_000)))
            #expect(try await fixture.probe.number("HLEN", "flume:inflight:\(tenure.identity)") == 12_000)
            #expect(try await fixture.probe.number("LLEN", "queue:q") == 345)
        }
    }

    @Test(
        "without a lease, with an older epoch, or after a burial nothing is taken",
        arguments: ["lapsed", "stale", "buried"])
    func fenced(verdict: String) async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a1"], to: "a")
            let lease = "flume:lease:\(tenure.identity)"
            switch verdict {
            case "lapsed": try await fixture.probe.send("DEL", lease)
            case "stale": try await fixture.probe.send("SET", lease, "2")
            default: try await fixture.probe.send("SET", lease, "buried")
            }
            #expect(try await fixture.fetch(tenure, 5, from: ["a"]).verdict == verdict)
            #expect(try await fixture.probe.queue("a") == ["a1"])
            #expect(try await fixture.record(tenure).isEmpty)
        }
    }

    @Test("a fetch renews the lease")
    func renews() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure(milliseconds: 2000)
            _ = try await fixture.fetch(tenure, 1, from: ["a"])
            #expect(try await fixture.probe.number("PTTL", "flume:lease:\(tenure.identity)") > 50_000)
        }
    }

    @Test("queues drain while Redis is out of memory")
    func outOfMemory() async throws {
        try await withFullServer { fixture, fill in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a1", "a2"], to: "a")
            try await fill()
            #expect(try await fixture.fetch(tenure, 1, from: ["a"]).payloads == ["a1"])
            #expect(try await fixture.probe.queue("a") == ["a2"])
        }
    }

    @Test("every byte of a payload arrives, and queue names with colons, spaces and bars keep their form")
    func bytesSurvive() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let payload = (0...255).map { UInt8($0) }
            for name in ["a:b", "with space", "b|r", "ünï"] {
                try await fixture.probe.enqueue(bytes: payload, to: name)
                let delivery = try #require(try await fixture.fetch(tenure, 1, from: [name]).deliveries.first)
                #expect(delivery.payload == payload)
                #expect(delivery.queue == name)
                _ = try await fixture.store.settle(done: [delivery], tenure: tenure)
            }
            #expect(try await fixture.record(tenure).isEmpty)
        }
    }
}

@Suite("Adopt: after a fetch whose reply was lost")
struct AdoptTests {
    @Test("what the lost fetch took is found, in the order it was taken, and nothing else is")
    func finds() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue((1...30).map { "a\($0)" }, to: "a")
            _ = try await fixture.fetch(tenure, 5, from: ["a"], first: 1)
            _ = try await fixture.fetch(tenure, 12, from: ["a"], first: 6)
            _ = try await fixture.fetch(tenure, 2, from: ["a"], first: 18)
            let lost = FetchRequest(epoch: 1, firstSequence: 6, count: 12, sources: [])
            for _ in 0..<2 {
                let adopted = try await fixture.store.adopt([lost], epoch: 2, leaseMilliseconds: 60_000, tenure: tenure)
                #expect(adopted?.map(\.text) == (6...17).map { "a\($0)" })
                #expect(adopted?.map(\.sequence) == Array(6...17))
            }
            let others = [(18, 2), (100, 10), (1, 4)].map {
                FetchRequest(epoch: 2, firstSequence: $0.0, count: $0.1, sources: [])
            }
            let adopted = try await fixture.store.adopt(others, epoch: 3, leaseMilliseconds: 60_000, tenure: tenure)
            #expect(adopted?.map(\.sequence) == [1, 2, 3, 4, 18, 19])
        }
    }

    @Test("a fetch that reaches Redis only after the adoption takes nothing")
    func lateFetch() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a1"], to: "a")
            let lost = FetchRequest(epoch: 1, firstSequence: 1, count: 5, sources: [])
            let adopted = try await fixture.store.adopt([lost], epoch: 2, leaseMilliseconds: 60_000, tenure: tenure)
            #expect(adopted?.isEmpty == true)
            #expect(try await fixture.fetch(tenure, 5, from: ["a"], epoch: 1).verdict == "stale")
            #expect(try await fixture.probe.queue("a") == ["a1"])
            #expect(try await fixture.fetch(tenure, 5, from: ["a"], epoch: 2, first: 6).payloads == ["a1"])
        }
    }

    @Test("a lease that lapsed meanwhile is taken again, also with several adoptions in any order")
    func lapsed() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            _ = try await fixture.inflight(["a1"], of: tenure)
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            let lost = FetchRequest(epoch: 1, firstSequence: 1, count: 5, sources: [])
            let later = try await fixture.store.adopt([lost], epoch: 3, leaseMilliseconds: 60_000, tenure: tenure)
            #expect(later?.count == 1)
            _ = try await fixture.store.adopt([lost], epoch: 2, leaseMilliseconds: 60_000, tenure: tenure)
            #expect(try await fixture.probe.string("flume:lease:\(tenure.identity)") == "3")
            #expect(try await fixture.probe.set("flume:processes") == [tenure.identity])
        }
    }

    @Test("a buried process adopts nothing")
    func buried() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            _ = try await fixture.inflight(["a1"], of: tenure)
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.bury(tenure.identity))
            let lost = FetchRequest(epoch: 1, firstSequence: 1, count: 5, sources: [])
            #expect(try await fixture.store.adopt([lost], epoch: 2, leaseMilliseconds: 60_000, tenure: tenure) == nil)
        }
    }
}
