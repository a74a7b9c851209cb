import FlumeRedis
import FlumeStore
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
}
