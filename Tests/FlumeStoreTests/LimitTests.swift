import FlumeRedis
import FlumeStore
import TestSupport
import Testing

@Suite("Limits at the fetch")
struct LimitTests {
    private static let minute = 60_000_000

    private func gate(_ fixture: StoreFixture, _ limits: [(String, Limit.Numbers)]) -> Gate {
        Gate(limits.map { Limit($0.0, $0.1, keys: fixture.store.keys) })
    }

    private func fetch(
        _ fixture: StoreFixture, _ tenure: Tenure, _ count: Int, from queues: [String], first: Int = 1, _ gate: Gate
    ) async throws -> (jobs: [Delivery], reply: GateReply) {
        let sources = queues.map { FetchRequest.Source(queue: QueueKey($0, keys: fixture.store.keys), quota: count) }
        let reply = try await fixture.store.fetch(
            FetchRequest(epoch: 1, firstSequence: first, count: count, sources: sources, gate: gate),
            leaseMilliseconds: 60_000, tenure: tenure)
        guard case .admitted(let jobs, _, _, let answer) = reply else { throw TestSupportError("\(reply)") }
        return (jobs, answer)
    }

    @Test("a limit of 50 shared by four queues and processes lets exactly 50 through, however they race")
    func shared() async throws {
        try await withStore { fixture in
            var tenures: [Tenure] = []
            for index in 0..<4 {
                tenures.append(try await fixture.tenure("host:\(index):abc"))
                try await fixture.probe.enqueue((0..<100).map { "\($0)" }, to: "q\(index)")
            }
            let gate = gate(fixture, [("shared", .init(.window, count: 50, scale: Self.minute))])
            let total = try await withThrowingTaskGroup(of: Int.self) { group in
                for (index, tenure) in tenures.enumerated() {
                    group.addTask {
                        var taken = 0
                        for round in 0..<10 {
                            taken += try await self.fetch(
                                fixture, tenure, 7, from: ["q\(index)"], first: 1 + 7 * round, gate
                            ).jobs.count
                        }
                        return taken
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(total == 50)
            var left = 0
            for index in 0..<4 { left += try await fixture.probe.number("LLEN", "queue:q\(index)") }
            #expect(left == 350)
        }
    }

    @Test("a limit is charged for the jobs that came and not for those that were asked for")
    func charge() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            for kind in [Limit.Kind.window, .bucket, .slots] {
                let queue = kind.rawValue
                let gate = gate(fixture, [(queue, .init(kind, count: 10, scale: Self.minute, burst: 10))])
                try await fixture.probe.enqueue(["a", "b", "c"], to: queue)
                let (jobs, first) = try await fetch(fixture, tenure, 100, from: [queue], gate)
                #expect(jobs.map(\.text) == ["a", "b", "c"])
                #expect(first.stopped == nil && first.isUndeclared)
                try await fixture.probe.enqueue((0..<20).map { "\($0)" }, to: queue)
                let (more, second) = try await fetch(fixture, tenure, 100, from: [queue], first: 101, gate)
                #expect(more.count == 7)
                let wait = try #require(second.stopped?.wait)
                #expect(second.stopped?.limit.name == queue)
                #expect(wait > .zero && wait <= .seconds(61))
                let (none, third) = try await fetch(fixture, tenure, 100, from: [queue, "empty"], first: 201, gate)
                #expect(none.isEmpty && third.stopped != nil)
                let (_, idle) = try await fetch(fixture, tenure, 100, from: ["empty"], first: 301, gate)
                #expect(idle.stopped == nil)
            }
        }
    }

    @Test("each of several limits must have room, and each is charged alike")
    func both() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue((0..<20).map { "\($0)" }, to: "q")
            let gate = gate(
                fixture,
                [
                    ("wide", .init(.window, count: 8, scale: Self.minute)),
                    ("slots", .init(.slots, count: 5, scale: 1_000_000)),
                ])
            let (jobs, first) = try await fetch(fixture, tenure, 20, from: ["q"], gate)
            #expect(jobs.count == 5 && first.stopped?.limit.name == "slots")
            _ = try await fixture.store.settle(done: jobs, tenure: tenure)
            let (more, second) = try await fetch(fixture, tenure, 20, from: ["q"], first: 21, gate)
            #expect(more.count == 3 && second.stopped?.limit.name == "wide")
        }
    }

    @Test("a job gives back its slot in the step in which it leaves, wherever it goes, and not before")
    func slots() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue((0..<6).map { "\($0)" }, to: "q")
            try await fixture.probe.send("SET", "queue:text", "no list")
            let gate = gate(fixture, [("s", .init(.slots, count: 6, scale: 1_000_000))])
            let (jobs, _) = try await fetch(fixture, tenure, 6, from: ["q"], gate)
            #expect(try await fixture.probe.number("HLEN", "flume:slots:s") == 6)
            let reply = try await fixture.store.settle(
                done: [jobs[0]],
                moved: [
                    Settlement(jobs[1], to: .retry(seconds: 1, payload: bytes("r"))),
                    Settlement(jobs[2], to: .schedule(seconds: 1, payload: bytes("s"))),
                    Settlement(jobs[3], to: .dead(payload: bytes("d"))),
                    Settlement(jobs[4], to: .front(queue: "q", payload: bytes("f"))),
                    Settlement(jobs[5], to: .front(queue: "text", payload: bytes("x"))),
                ], tenure: tenure)
            #expect(reply.verdicts.prefix(4).allSatisfy { $0 == .arrived })
            // What could not leave still runs, as far as anybody knows.
            #expect(try await fixture.probe.hash("flume:slots:s").keys.sorted() == ["\(tenure.identity):6"])
        }
    }

    @Test("the slot of a dead process's job is free in the step in which the job is recovered")
    func recovered() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a", "b"], to: "q")
            let limit = Limit("s", .init(.slots, count: 2, scale: 1_000_000), keys: fixture.store.keys)
            #expect(try await fixture.store.declare(limit) == .new)
            _ = try await fetch(fixture, tenure, 2, from: ["q"], Gate([limit]))
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.bury(tenure.identity))
            let dead = Tenure(identity: tenure.identity, keys: fixture.store.keys)
            let left = try await fixture.store.inflight(of: dead, page: 10)
            let pages = try await fixture.store.slotKeys()
            #expect(pages.map(Array.init) == [["flume:slots:s"]])
            let slots = try await fixture.store.slots(heldBy: tenure.identity, under: pages[0])
            _ = try await fixture.store.settle(
                done: [], moved: left.map { Settlement($0, to: .front(queue: "q", payload: $0.payload)) },
                tenure: dead, slots: slots)
            #expect(try await fixture.probe.number("EXISTS", "flume:slots:s") == 0)
        }
    }

    @Test("a job that leaves gives back its own slots and looks at no others")
    func ownSlots() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            var jobs: [Delivery] = []
            for (index, name) in ["x", "y"].enumerated() {
                try await fixture.probe.enqueue([name], to: name)
                let gate = gate(fixture, [(name, .init(.slots, count: 2, scale: 1_000_000))])
                jobs += try await fetch(fixture, tenure, 1, from: [name], first: index + 1, gate).jobs
            }
            // As if the second held one of the first's: it cannot, so nobody looks there.
            try await fixture.probe.send("HSET", "flume:slots:x", "\(tenure.identity):2", "")
            _ = try await fixture.store.settle(
                done: [jobs[0]], moved: [Settlement(jobs[1], to: .dead(payload: bytes("d")))], tenure: tenure)
            #expect(try await fixture.probe.hash("flume:slots:x").keys.sorted() == ["\(tenure.identity):2"])
            #expect(try await fixture.probe.number("EXISTS", "flume:slots:y") == 0)
        }
    }

    @Test("slots of processes that are gone are taken away page by page, and keys without one are forgotten")
    func sweep() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let names = (0..<450).map { "flume:slots:1:l:\($0)" }
            try await fixture.probe.send("SADD", ["flume:slots"] + names)
            for name in names.prefix(440) { try await fixture.probe.send("HSET", name, "gone:1:aa:7", "") }
            try await fixture.probe.send("HSET", names[3], "\(tenure.identity):5", "", "limiter:1", "99")
            try await fixture.probe.send("HSET", names[4], "limiter:1", "99")
            try await fixture.probe.send("SET", names[449], "no hash")
            let pages = try await fixture.store.slotKeys()
            #expect(pages.count == 3 && pages.joined().sorted() == names.sorted())
            for page in pages { try await fixture.store.sweepSlots(under: page) }
            #expect(try await fixture.probe.set("flume:slots") == [names[3], names[4], names[449]].sorted())
            #expect(try await fixture.probe.hash(names[3]).keys.sorted() == ["\(tenure.identity):5", "limiter:1"])
            #expect(try await fixture.probe.hash(names[4]).keys.sorted() == ["limiter:1"])
        }
    }

    @Test("an adopted job holds its slot and has to ask again before it starts")
    func adopted() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue(["a"], to: "q")
            let gate = gate(
                fixture,
                [
                    ("s", .init(.slots, count: 1, scale: 1_000_000)),
                    ("w", .init(.window, count: 1, scale: Self.minute)),
                ])
            let lost = FetchRequest(
                epoch: 1, firstSequence: 1, count: 1,
                sources: [.init(queue: QueueKey("q", keys: fixture.store.keys), quota: 1)], gate: gate)
            _ = try await fixture.store.fetch(lost, leaseMilliseconds: 60_000, tenure: tenure)
            let found = try await fixture.store.adopt([lost], epoch: 2, leaseMilliseconds: 60_000, tenure: tenure)
            let job = try #require(found?.first)
            #expect(try #require(job.grant?.deadline) <= .now)
            _ = try await fixture.store.settle(done: [job], tenure: tenure)
            #expect(try await fixture.probe.number("EXISTS", "flume:slots:s") == 0)
        }
    }

    @Test("the last change of a limit's numbers wins, at once, and slots and rates keep their names apart")
    func declare() async throws {
        try await withStore { (fixture: StoreFixture) async throws -> Void in
            let store = fixture.store
            let old = Limit("l", .init(.window, count: 5, scale: Self.minute), keys: store.keys)
            let new = Limit("l", .init(.window, count: 7, scale: Self.minute), keys: store.keys)
            let slots = Limit("l", .init(.slots, count: 1, scale: 1), keys: store.keys)
            #expect(try await store.declare(old) == .new)
            #expect(try await store.declare(old) == .same)
            #expect(try await store.acquire(10, of: Gate([old])).granted == 5)
            #expect(try await store.declare(new) == .changed(from: old.numbers))
            // Whoever still has the old numbers follows.
            #expect(try await store.acquire(10, of: Gate([old])).granted == 2)
            #expect(try await store.declare(slots) == .refused(new.numbers))
            #expect(try await fixture.probe.set("flume:limits") == ["l"])
            let bucket = Limit("l", .init(.bucket, count: 3, scale: Self.minute, burst: 3), keys: store.keys)
            #expect(try await store.declare(bucket) == .changed(from: new.numbers))
            #expect(try await store.acquire(10, of: Gate([old])).granted == 3)
        }
    }

    @Test("a start that did not come counts no more when it is given back, and what came beside it still does")
    func refund() async throws {
        try await withStore { fixture in
            for kind in [Limit.Kind.window, .bucket] {
                let numbers = Limit.Numbers(kind, count: 10, scale: Self.minute, burst: 10)
                let gate = Gate([Limit(kind.rawValue, numbers, keys: fixture.store.keys)])
                let first = try await fixture.store.acquire(4, of: gate)
                // In a later grain of the window's log.
                try await Task.sleep(for: .milliseconds(40))
                let second = try await fixture.store.acquire(4, of: gate)
                #expect(first.granted == 4 && second.granted == 4)
                let third = try await fixture.store.acquire(9, of: gate, refunds: [first.reply.time: 3])
                #expect(third.granted == 5)
                let fourth = try await fixture.store.acquire(9, of: gate, refunds: [second.reply.time: 1])
                #expect(fourth.granted == 1)
                #expect(try await fixture.store.acquire(9, of: gate).granted == 0)
            }
        }
    }

    @Test("a limit at rest leaves nothing but its settings, and a foreign value in its place does not stop it")
    func rest() async throws {
        try await withStore { fixture in
            for kind in [Limit.Kind.window, .bucket] {
                let limit = Limit(
                    kind.rawValue, .init(kind, count: 2, scale: 50_000, burst: 2), keys: fixture.store.keys)
                let meter = "flume:meter:\(kind.rawValue)"
                try await fixture.probe.send("SADD", meter, "foreign")
                #expect(try await fixture.store.acquire(5, of: Gate([limit])).granted == 2)
                let left = try await fixture.probe.number("PTTL", meter)
                #expect(left > 0 && left < 2000)
                try await eventually("the meter is gone") { try await fixture.probe.number("EXISTS", meter) == 0 }
            }
        }
    }

    @Test("limits hold while Redis is out of memory")
    func outOfMemory() async throws {
        try await withFullServer { fixture, fill in
            let tenure = try await fixture.tenure()
            try await fixture.probe.enqueue((0..<9).map { "\($0)" }, to: "q")
            let limits: [(String, Limit.Numbers)] = [
                ("w", .init(.window, count: 6, scale: Self.minute)),
                ("b", .init(.bucket, count: 5, scale: Self.minute, burst: 5)),
                ("s", .init(.slots, count: 4, scale: 1_000_000)),
            ]
            let gate = gate(fixture, limits)
            try await fill()
            let (jobs, _) = try await fetch(fixture, tenure, 9, from: ["q"], gate)
            #expect(jobs.count == 4)
            _ = try await fixture.store.settle(done: jobs, tenure: tenure)
            let (more, _) = try await fetch(fixture, tenure, 9, from: ["q"], first: 10, gate)
            #expect(more.count == 1)
        }
    }

    @Test("closed for a time nothing passes; halved it halves once per scale and never to nothing")
    func backOff() async throws {
        try await withStore { fixture in
            let store = fixture.store
            let limit = Limit("l", .init(.window, count: 8, scale: Self.minute), keys: store.keys)
            #expect(try await store.backOff(limit, closedFor: nil))
            #expect(try await !store.backOff(limit, closedFor: nil))
            #expect(try await store.usage(of: limit).room == 4)
            #expect(try await store.acquire(8, of: Gate([limit])).granted == 4)
            #expect(try await store.backOff(limit, closedFor: .seconds(30)))
            let usage = try await store.usage(of: limit)
            #expect(usage.room == 0 && usage.wait > .seconds(29) && usage.wait <= .seconds(30))
            let one = Limit("one", .init(.window, count: 1, scale: Self.minute), keys: store.keys)
            try await store.backOff(one, closedFor: nil)
            #expect(try await store.acquire(1, of: Gate([one])).granted == 1)
        }
    }

    @Test(
        "a limit that was told to wait for longer than anybody can is closed for a year",
        arguments: [Duration.seconds(9_999_999_999_999), .seconds(Int64.max), .seconds(Int64.max) * 4])
    func longBackOff(pause: Duration) async throws {
        try await withStore { fixture in
            let limit = Limit("l", .init(.window, count: 8, scale: Self.minute), keys: fixture.store.keys)
            #expect(try await fixture.store.backOff(limit, closedFor: pause))
            let usage = try await fixture.store.usage(of: limit)
            #expect(usage.room == 0 && usage.wait <= Limit.longestTime)
            #expect(usage.wait > Limit.longestTime - .seconds(60))
        }
    }

    @Test(
        "what no clock can tell in the place of a back-off closes a limit for a year at most",
        arguments: ["1e300", "inf"])
    func absurdBackOff(stored: String) async throws {
        try await withStore { fixture in
            let limit = Limit("l", .init(.window, count: 8, scale: Self.minute), keys: fixture.store.keys)
            try await fixture.probe.send("HSET", "flume:limit:l", "blocked_until", stored)
            #expect(try await fixture.store.usage(of: limit).wait == Limit.longestTime)
        }
    }

    @Test("a span of any length is a number of microseconds")
    func spans() {
        #expect(Duration.milliseconds(1500).wholeMicroseconds == 1_500_000)
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == 3_155_760_000_000_000)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == -3_155_760_000_000_000)
    }
}
