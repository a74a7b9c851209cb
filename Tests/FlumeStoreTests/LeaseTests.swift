import FlumeRedis
import FlumeStore
import TestSupport
import Testing

@Suite("Lease")
struct LeaseTests {
    @Test("the first hold takes the lease and lists the process, the next one renews it and tells Redis's time")
    func hold() async throws {
        try await withStore { fixture in
            let tenure = Tenure(identity: "host:1:abc", keys: fixture.store.keys)
            let (first, time) = try await fixture.store.hold(tenure, epoch: 1, milliseconds: 5000)
            #expect(first == .taken)
            #expect(abs(Double(time) / 1e6 - (try await fixture.probe.now())) < 2)
            try await fixture.probe.send("PEXPIRE", "flume:lease:host:1:abc", "1000")
            #expect(try await fixture.store.hold(tenure, epoch: 1, milliseconds: 5000).0 == .held)
            #expect((1001...5000).contains(try await fixture.probe.number("PTTL", "flume:lease:host:1:abc")))
            #expect(try await fixture.store.processesWithLeases() == ["host:1:abc"])
        }
    }

    @Test("a lapsed lease is taken again with its jobs; a buried one is not")
    func lapsedAndBuried() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1"], of: tenure)
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.hold(tenure, epoch: 1, milliseconds: 5000).0 == .taken)
            #expect(try await fixture.store.settle(done: jobs, tenure: tenure).doneButAbsent == 0)

            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.bury(tenure.identity))
            #expect(try await fixture.store.hold(tenure, epoch: 9, milliseconds: 5000).0 == .buried)
            #expect(try await fixture.probe.string("flume:lease:\(tenure.identity)") == "buried")
            #expect(try await fixture.probe.number("PTTL", "flume:lease:\(tenure.identity)") > 23 * 3_600_000)
        }
    }

    @Test("a held lease cannot be buried, and burying twice is burying once")
    func bury() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            #expect(try await !fixture.store.bury(tenure.identity))
            #expect(try await fixture.store.hold(tenure, epoch: 1, milliseconds: 5000).0 == .held)
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.bury(tenure.identity))
            #expect(try await fixture.store.bury(tenure.identity))
        }
    }

    @Test("an older epoch renews a lease without lowering it")
    func epochs() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            _ = try await fixture.store.hold(tenure, epoch: 7, milliseconds: 5000)
            #expect(try await fixture.store.hold(tenure, epoch: 3, milliseconds: 5000).0 == .held)
            #expect(try await fixture.probe.string("flume:lease:\(tenure.identity)") == "7")
        }
    }

    @Test("absent leases are those that are gone or buried, and only those")
    func absent() async throws {
        try await withStore { fixture in
            for identity in ["alive", "gone", "buried"] { _ = try await fixture.tenure(identity) }
            try await fixture.probe.send("DEL", "flume:lease:gone", "flume:lease:buried")
            #expect(try await fixture.store.bury("buried"))
            let all = try await fixture.store.processesWithLeases()
            #expect(try await fixture.store.absentLeases(of: all) == ["gone", "buried"])
            #expect(try await fixture.store.absentLeases(of: []).isEmpty)
        }
    }

    @Test("a process leaves with nothing in flight, and stays listed with its lease while something is")
    func leave() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1"], of: tenure)
            #expect(try await fixture.store.leave(tenure) == 1)
            #expect(try await fixture.store.processesWithLeases() == [tenure.identity])
            _ = try await fixture.store.settle(done: jobs, tenure: tenure)
            #expect(try await fixture.store.leave(tenure) == 0)
            #expect(try await fixture.store.processesWithLeases().isEmpty)
            #expect(try await fixture.probe.number("EXISTS", "flume:lease:\(tenure.identity)") == 0)
        }
    }

    @Test("whoever leaves in the name of a buried process leaves its tombstone")
    func leaveBuried() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.bury(tenure.identity))
            #expect(try await fixture.store.leave(tenure) == 0)
            #expect(try await fixture.probe.string("flume:lease:\(tenure.identity)") == "buried")
            #expect(try await fixture.store.processesWithLeases().isEmpty)
        }
    }

    @Test("5,000 jobs in flight come page by page until none is left, each once")
    func paging() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = (0..<5000).map { "job-\($0)" }
            _ = try await fixture.inflight(jobs, of: tenure)
            var seen: [String] = []
            while true {
                let page = try await fixture.store.inflight(of: tenure, page: 100)
                if page.isEmpty { break }
                #expect(page.count < 1000)
                seen += page.map(\.text)
                _ = try await fixture.store.settle(
                    done: [], moved: page.map { Settlement($0, to: .front(queue: "q", payload: $0.payload)) },
                    tenure: tenure)
            }
            #expect(seen.sorted() == jobs.sorted())
            #expect(try await fixture.probe.queue("q").sorted() == jobs.sorted())
        }
    }

    @Test("the lease is renewed while Redis is out of memory")
    func outOfMemory() async throws {
        try await withFullServer { fixture, fill in
            let tenure = try await fixture.tenure(milliseconds: 20_000)
            try await fill()
            #expect(try await fixture.store.hold(tenure, epoch: 1, milliseconds: 50_000).0 == .held)
            #expect(try await fixture.probe.number("PTTL", "flume:lease:\(tenure.identity)") > 40_000)
        }
    }

    @Test("what is in flight is read in smaller pages when a reply was too large")
    func largeRecord() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server)
            let probe = try RedisProbe(url: proxy.url())
            let fixture = StoreFixture(probe)
            let tenure = try await fixture.tenure()
            let payloads = (0..<300).map { "\($0) \(String(repeating: "x", count: 1000))" }
            _ = try await fixture.inflight(payloads, of: tenure)
            // As a reply beyond what is read of one does, it ends the connection.
            proxy.cutNextReply(ofAtLeast: 50_000, after: 40_000)
            let found = try await fixture.store.inflight(of: tenure) { _ in true }
            #expect(proxy.cuts == 1)
            #expect(Set(found.map(\.text)) == Set(payloads))
            await probe.client.close()
            proxy.close()
        }
    }
}
