import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("A fetch that is left with Redis")
struct StandingFetchTests {
    private typealias Answer = (result: Result<FetchReply, RedisError>, isRefused: Bool)

    /// Leaves a fetch with Redis on a connection of its own, and returns when Redis has it.
    private func leave(
        _ count: Int, from name: String = "q", of tenure: Tenure, in fixture: StoreFixture, seconds: Int = 30,
        epoch: Int = 1, first: Int = 1, isBlocked: Bool = true
    ) async throws -> Task<Answer, Never> {
        let redis = fixture.probe.client.sibling(name: "waiter")
        let store = JobStore(redis: redis, keys: fixture.store.keys)
        let queue = QueueKey(name, keys: fixture.store.keys)
        try await store.prepareToTake()
        let request = FetchRequest(
            epoch: epoch, firstSequence: first, count: count, sources: [.init(queue: queue, quota: count)])
        let task = Task {
            let answer: Answer = await withCheckedContinuation { continuation in
                store.take(request, waitingFor: queue, seconds: seconds, tenure: tenure) { result, isRefused in
                    continuation.resume(returning: (result, isRefused))
                }
            }
            await redis.close()
            return answer
        }
        if isBlocked {
            try await eventually("it waits in Redis") {
                try await fixture.probe.send("INFO", "clients").string?.contains("blocked_clients:1") == true
            }
        }
        return task
    }

    private func withServer(_ body: (StoreFixture) async throws -> Void) async throws {
        // For it alone: it counts blocked clients.
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await body(StoreFixture(probe))
            await probe.client.close()
        }
    }

    @Test("a job that comes is taken when Redis lets go of the connection, and so are those behind it, up to its count")
    func takes() async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure()
            let waiting = try await leave(3, of: tenure, in: fixture, first: 7)
            try await fixture.probe.enqueue(["j1", "j2", "j3", "j4"], to: "q")
            let (result, isRefused) = await waiting.value
            let deliveries = try result.get().deliveries
            #expect(deliveries.map(\.text) == ["j1", "j2", "j3"])
            #expect(deliveries.map(\.sequence) == [7, 8, 9])
            #expect(!isRefused)
            #expect(try await fixture.record(tenure) == ["7:q": "j1", "8:q": "j2", "9:q": "j3"])
            #expect(try await fixture.probe.queue("q") == ["j4"])
        }
    }

    @Test("it does not renew the lease: that it waited proves no life of who left it")
    func lease() async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure(milliseconds: 60_000)
            let waiting = try await leave(1, of: tenure, in: fixture)
            try await fixture.probe.send("PEXPIRE", "flume:lease:\(tenure.identity)", "20000")
            try await fixture.probe.enqueue(["j"], to: "q")
            #expect(try await waiting.value.result.get().payloads == ["j"])
            #expect(try await fixture.probe.number("PTTL", "flume:lease:\(tenure.identity)") <= 20_000)
        }
    }

    @Test("once it was taken back it takes nothing, and what it had taken before is known")
    func takenBack() async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure()
            func takeBack(_ epoch: Int) async throws -> [String]? {
                let request = FetchRequest(epoch: 1, firstSequence: 1, count: 2, sources: [])
                return try await fixture.store.adopt(
                    [request], epoch: epoch, leaseMilliseconds: 60_000, tenure: tenure)?.map(\.text)
            }
            var waiting = try await leave(2, of: tenure, in: fixture)
            #expect(try await takeBack(2) == [])
            try await fixture.probe.enqueue(["j"], to: "q")
            #expect(try await waiting.value.result.get().verdict == "stale")
            #expect(try await fixture.probe.queue("q") == ["j"])
            #expect(try await fixture.record(tenure).isEmpty)

            waiting = try await leave(2, of: tenure, in: fixture, epoch: 2, isBlocked: false)
            #expect(try await waiting.value.result.get().payloads == ["j"])
            #expect(try await takeBack(3) == ["j"])
        }
    }

    @Test(
        "it takes nothing for a process whose lease has run out, was taken anew or is buried",
        arguments: ["lapsed", "stale", "buried"])
    func fenced(verdict: String) async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure()
            let waiting = try await leave(1, of: tenure, in: fixture)
            switch verdict {
            case "lapsed": try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            case "stale": try await fixture.probe.send("SET", "flume:lease:\(tenure.identity)", "2")
            default: try await fixture.probe.send("SET", "flume:lease:\(tenure.identity)", "buried")
            }
            try await fixture.probe.enqueue(["j"], to: "q")
            #expect(try await waiting.value.result.get().verdict == verdict)
            #expect(try await fixture.probe.queue("q") == ["j"])
            #expect(try await fixture.record(tenure).isEmpty)
        }
    }

    @Test("a queue that was paused meanwhile keeps its job, and the reply says so")
    func paused() async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure()
            let waiting = try await leave(1, of: tenure, in: fixture)
            try await fixture.probe.send("SADD", "paused", "q", "other")
            try await fixture.probe.enqueue(["j"], to: "q")
            guard case .held(let deliveries, let paused, _) = try await waiting.value.result.get() else {
                return #expect(Bool(false))
            }
            #expect(deliveries.isEmpty)
            #expect(paused == ["q", "other"])
            #expect(try await fixture.probe.queue("q") == ["j"])
        }
    }

    @Test("a key that holds no list is not waited for, and reported")
    func broken() async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.send("SET", "queue:q", "text")
            let (result, isRefused) = await (try leave(1, of: tenure, in: fixture, isBlocked: false)).value
            guard case .held(_, _, let broken) = try result.get() else { return #expect(Bool(false)) }
            #expect(isRefused)
            #expect(broken.map(\.queue) == ["q"])
        }
    }

    @Test("when nothing comes in time it brings nothing")
    func timeOut() async throws {
        try await withServer { fixture in
            let tenure = try await fixture.tenure()
            let waiting = try await leave(1, of: tenure, in: fixture, seconds: 1)
            let (result, isRefused) = await waiting.value
            #expect(try result.get().verdict == "held")
            #expect(try result.get().deliveries.isEmpty)
            #expect(!isRefused)
        }
    }

    @Test("Redis without memory does not wait, and gives what is there")
    func outOfMemory() async throws {
        try await withFullServer { fixture, fill in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["j"], to: "q")
            try await fill()
            let (result, isRefused) = await (try leave(1, of: tenure, in: fixture, isBlocked: false)).value
            #expect(isRefused)
            #expect(try result.get().payloads == ["j"])
            #expect(try await fixture.record(tenure) == ["1:q": "j"])
        }
    }

    @Test("what is too large for one reply stays in the queue")
    func large() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(20) }
            let fixture = StoreFixture(probe)
            let tenure = try await fixture.tenure()
            try await fixture.enqueueHuge()
            let waiting = try await leave(10, of: tenure, in: fixture, isBlocked: false)
            #expect(
                try await waiting.value.result.get().deliveries.map(\.payload.first)
                    == [UInt8(ascii: "a"), UInt8(ascii: "b")])
            #expect(try await probe.number("LLEN", "queue:q") == 1)
            #expect(try await probe.number("HLEN", fixture.store.keys.inflight(tenure.identity)) == 2)
            await probe.client.close()
        }
    }
}
