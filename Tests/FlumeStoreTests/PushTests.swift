import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("Push")
struct PushTests {
    @Test("jobs of one queue run in the order given, and the queue is listed")
    func order() async throws {
        try await withStore { fixture in
            try await fixture.store.push((1...3).map { PushItem(bytes("j\($0)"), to: .queue("q")) })
            #expect(try await fixture.probe.queue("q") == ["j1", "j2", "j3"])
            #expect(try await fixture.probe.set("queues") == ["q"])
        }
    }

    @Test("scheduled jobs wait under their times, and list no queue")
    func scheduled() async throws {
        try await withStore { fixture in
            try await fixture.store.push([
                PushItem(bytes("a"), to: .schedule(at: 1_795_253_697.836076)),
                PushItem(bytes("b"), to: .schedule(at: 4_102_444_801)),
            ])
            #expect(try await fixture.probe.score("schedule", "a") == 1_795_253_697.836076)
            #expect(try await fixture.probe.score("schedule", "b") == 4_102_444_801)
            #expect(try await fixture.probe.number("EXISTS", "queues") == 0)
        }
    }

    @Test("a mixed push keeps the order within each queue")
    func mixed() async throws {
        try await withStore { fixture in
            try await fixture.store.push([
                PushItem(bytes("a1"), to: .queue("a")), PushItem(bytes("b1"), to: .queue("b")),
                PushItem(bytes("s"), to: .schedule(at: 5)), PushItem(bytes("a2"), to: .queue("a")),
            ])
            #expect(try await fixture.probe.queue("a") == ["a1", "a2"])
            #expect(try await fixture.probe.queue("b") == ["b1"])
            #expect(try await fixture.probe.members("schedule") == ["s"])
            #expect(try await fixture.probe.set("queues") == ["a", "b"])
        }
    }

    @Test(
        "when one of several destinations cannot take a job, none is written",
        arguments: ["queue:b", "schedule", "queues"])
    func allOrNothing(broken: String) async throws {
        try await withStore { fixture in
            try await fixture.probe.send("SET", broken, "text")
            let error = await #expect(throws: RedisError.self) {
                try await fixture.store.push([
                    PushItem(bytes("a1"), to: .queue("a")), PushItem(bytes("s"), to: .schedule(at: 5)),
                    PushItem(bytes("b1"), to: .queue("b")),
                ])
            }
            #expect(error?.message.contains(broken) == true)
            #expect(try await fixture.probe.number("DBSIZE") == 1)
        }
    }

    @Test("a time that is none is refused before anything is written")
    func notATime() async throws {
        try await withStore { (fixture: StoreFixture) async throws -> Void in
            let error = await #expect(throws: RedisError.self) {
                try await fixture.store.push([
                    PushItem(bytes("a"), to: .queue("a")), PushItem(bytes("s"), to: .schedule(at: .nan)),
                ])
            }
            #expect(error?.message.contains("is not a time") == true)
            #expect(try await fixture.probe.number("DBSIZE") == 0)
        }
    }

    @Test("a queue whose key holds no list gets no job, and the caller the error")
    func wrongType() async throws {
        try await withStore { fixture in
            try await fixture.probe.send("SET", "queue:q", "text")
            let error = await #expect(throws: RedisError.self) {
                try await fixture.store.push([PushItem(bytes("j"), to: .queue("q"))])
            }
            #expect(error?.code == .reply)
        }
    }

    @Test("nothing is sent for no jobs")
    func none() async throws {
        try await withStore { fixture in
            try await fixture.store.push([])
            #expect(try await fixture.probe.number("DBSIZE") == 0)
        }
    }

    @Test("while Redis is out of memory a push is refused and nothing is written", arguments: [["a"], ["a", "b"]])
    func outOfMemory(queues: [String]) async throws {
        try await withFullServer { fixture, fill in
            try await fill()
            let error = await #expect(throws: RedisError.self) {
                try await fixture.store.push(queues.map { PushItem(bytes("j"), to: .queue($0)) })
            }
            #expect(error?.code == .refused)
            #expect(try await fixture.probe.number("DBSIZE") == 0)
        }
    }

    @Test("ten thousand jobs over a hundred queues go in one push")
    func large() async throws {
        try await withStore { fixture in
            try await fixture.store.push((0..<10_000).map { PushItem(bytes("j\($0)"), to: .queue("q\($0 % 100)")) })
            #expect(try await fixture.probe.number("LLEN", "queue:q7") == 100)
            #expect(try await fixture.probe.number("SCARD", "queues") == 100)
        }
    }

    @Test("queues whose names only look the same are two, however jobs come into them")
    func exactNames() async throws {
        let names = ["caf\u{e9}", "cafe\u{301}"]
        let listed = Set(names.map { Array($0.utf8) })
        func items(_ prefix: String) -> [PushItem] {
            names.enumerated().map { PushItem(bytes("\(prefix)\($0)"), to: .queue($1)) }
        }
        try await withStore { fixture in
            let (store, probe) = (fixture.store, fixture.probe)
            // Alone, which goes together with others; several of one call; with others for later; with a lock.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for item in items("single") { group.addTask { _ = try await store.push([item]) } }
                try await group.waitForAll()
            }
            try await store.push(items("several"))
            try await store.push(items("mixed") + [PushItem(bytes("s"), to: .schedule(at: 5))])
            let lock = UniqueLock(token: "t", jid: "1")
            try await store.push(items("unique") + [PushItem(bytes("l"), to: .queue("q"), taking: (lock, 1000))])
            for (index, name) in names.enumerated() {
                #expect(
                    try await Set(probe.queue(name))
                        == Set(["single", "several", "mixed", "unique"].map { "\($0)\(index)" }))
            }
            let queues = try await probe.send("SMEMBERS", "queues").array?.compactMap(\.bytes) ?? []
            #expect(Set(queues).isSuperset(of: listed))

            let due = ["due0", "due1"]
            for member in due { try await probe.send("ZADD", "schedule", "1", member) }
            let promotions = zip(due, names).map { Promotion(member: bytes($0), queue: $1, payload: bytes($0)) }
            #expect(try await store.promote(promotions, from: .schedule) == [.moved, .moved])
            for (index, name) in names.enumerated() {
                #expect(try await probe.queue(name).last == "due\(index)")
            }
        }
    }

    @Test("of two queues whose names only look the same, each tells its own failure")
    func exactFailures() async throws {
        try await withStore { fixture in
            let names = ["caf\u{e9}", "cafe\u{301}"]
            try await fixture.probe.send("SET", "queue:\(names[1])", "text")
            let store = fixture.store
            let failures = await withTaskGroup(of: (String, Bool).self) { group in
                for index in 0..<20 {
                    group.addTask {
                        let name = names[index % 2]
                        let result = try? await store.push([PushItem(bytes("\(index)"), to: .queue(name))])
                        return (name, result == nil)
                    }
                }
                var failures: [[UInt8]: Int] = [:]
                for await (name, hasFailed) in group where hasFailed { failures[Array(name.utf8), default: 0] += 1 }
                return failures
            }
            #expect(failures == [Array(names[1].utf8): 10])
            #expect(try await fixture.probe.queue(names[0]).count == 10)
        }
    }
}
