import FlumeRedis
import FlumeStore
import FlumeWire
import FlumeWorker
import Logging
import TestSupport
import Testing

@Suite("Lease, burial and recovery")
struct LeaseAndRecoveryTests {
    /// Longer than a busy machine stands still: a worker that loses its lease for that reason is right to.
    private static let lease = Duration.seconds(1)
    private let store: @Sendable (RedisProbe) -> JobStore = { JobStore(redis: $0.client, keys: KeySpace()) }

    /// A process that took jobs and died: its lease is gone, its record is there.
    private func deadProcess(
        _ identity: String, holding jobs: [String], from queue: String = "default", on probe: RedisProbe
    ) async throws {
        try await probe.send("SADD", "flume:processes", identity)
        for (index, job) in jobs.enumerated() {
            try await probe.send("HSET", "flume:inflight:\(identity)", "\(index + 1):\(queue)", job)
        }
    }

    @Test("a job that runs for many leases runs once, with other workers watching")
    func longJob() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let (journal, gate) = (Journal(), Gate())
                let configuration = WorkerConfiguration.quick(lease: Self.lease)
                try await withWorker(on: probe, [.gated(journal, gate)], configuration: configuration) { first in
                    try await probe.enqueue([job("Gated", "long")], to: "default")
                    try await journal.wait(for: 1)
                    try await withWorker(on: probe, [.gated(journal, gate)], configuration: configuration) { _ in
                        // The job has to last: longer than any recovery would take.
                        try await Task.sleep(for: Self.lease * 4)
                        #expect(try await probe.string("flume:lease:\(first.identity)") == "1")
                        gate.open()
                        try await probe.waitUntilDrained()
                    }
                }
                #expect(journal.entries == ["long"])
            }
        }
    }

    @Test("a dead process's jobs run again, oldest first, and its record, its place in the list and its lease are gone")
    func recovers() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let jobs = (0..<250).map { job("Note", "\($0)") }
            try await deadProcess("gone:1:aa", holding: jobs, on: probe)
            let start = ContinuousClock.now
            try await withWorker(
                on: probe, [.noting(journal)], concurrency: 1, configuration: .quick(lease: Self.lease)
            ) { _ in
                try await journal.wait(for: 250)
                try await eventually("it is off the list") {
                    try await !probe.set("flume:processes").contains("gone:1:aa")
                }
            }
            // Not before it was missed for a whole lease.
            #expect(start.duration(to: .now) >= Self.lease)
            #expect(journal.entries.sorted() == (0..<250).map { "\($0)" }.sorted())
            #expect(try await probe.number("EXISTS", "flume:inflight:gone:1:aa") == 0)
            #expect(try await probe.string("flume:lease:gone:1:aa") == "buried")
        }
    }

    @Test("recovered jobs go to the front of the queue they came from, in their old order")
    func recoveryOrder() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.enqueue([job("Note", "waiting")], to: "other")
            try await deadProcess(
                "gone:1:aa", holding: ["a", "b", "c"].map { job("Note", $0) }, from: "other", on: probe)
            try await withWorker(on: probe, [.noting(journal)], configuration: .quick(lease: Self.lease)) { _ in
                try await eventually("they are back") { try await probe.queue("other").count == 4 }
            }
            #expect(try await probe.queue("other") == ["a", "b", "c", "waiting"].map { job("Note", $0) })
            #expect(try await probe.string("flume:recoveries:a") == "1")
        }
    }

    @Test("three recoverers at once put each job back once")
    func once() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await deadProcess("gone:1:aa", holding: (0..<500).map { job("Note", "\($0)") }, on: probe)
            let configuration = WorkerConfiguration.quick(lease: Self.lease)
            try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                    try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                        try await journal.wait(for: 500)
                        try await probe.waitUntilDrained()
                    }
                }
            }
            #expect(journal.entries.sorted() == (0..<500).map { "\($0)" }.sorted())
        }
    }

    @Test("a recoverer that died half-way is finished by the next")
    func halfRecovered() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await deadProcess("gone:1:aa", holding: [job("Note", "left")], on: probe)
            try await probe.send("SET", "flume:lease:gone:1:aa", "buried")
            try await withWorker(on: probe, [.noting(journal)], configuration: .quick(lease: Self.lease)) { _ in
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["left"])
        }
    }

    @Test("a lease that lapsed is taken again with its jobs, which run once")
    func lapsed() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let (journal, gate) = (Journal(), Gate())
                try await withWorker(
                    on: probe, [.gated(journal, gate), .noting(journal)], configuration: .quick(lease: Self.lease)
                ) { running in
                    try await probe.enqueue([job("Gated", "g")], to: "default")
                    try await journal.wait(for: 1)
                    try await probe.send("DEL", "flume:lease:\(running.identity)")
                    try await probe.enqueue([job("Note", "n")], to: "default")
                    try await journal.wait(for: 2)
                    try await eventually("it is held") {
                        try await probe.string("flume:lease:\(running.identity)") == "1"
                    }
                    gate.open()
                    try await probe.waitUntilDrained()
                }
                #expect(journal.entries == ["g", "n"])
                #expect(try await probe.set("flume:processes").isEmpty)
            }
        }
    }

    @Test("a buried process goes on under a new identity and writes no retry for a job that is somebody else's")
    func buried() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let failing = Handler.raw("Late") { _, context in
                journal.note("late")
                try await gate.pass()
                throw Boom("too late")
            }
            try await withWorker(
                on: probe, [failing, .noting(journal)], configuration: .quick(lease: Self.lease)
            ) { running in
                try await probe.enqueue([job("Late", "l")], to: "default")
                try await journal.wait(for: 1)
                // As another process does it: bury, and put the job where this worker does not look.
                let store = store(probe)
                let tenure = Tenure(identity: running.identity, keys: store.keys)
                try await probe.send("SET", "flume:lease:\(running.identity)", "buried")
                let taken = try await store.inflight(of: tenure, page: 10)
                _ = try await store.settle(
                    done: [], moved: taken.map { Settlement($0, to: .front(queue: "elsewhere", payload: $0.payload)) },
                    tenure: tenure)
                try await eventually("there is a new identity") {
                    try await probe.set("processes").contains { $0 != running.identity }
                }
                gate.open()
                try await probe.enqueue([job("Note", "after")], to: "default")
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.members("retry").isEmpty)
            #expect(try await probe.queue("elsewhere") == [job("Late", "l")])
            #expect(journal.entries == ["late", "after"])
        }
    }

    @Test("a job that was in flight in so many dead processes goes to the dead set and says why")
    func poison() async throws {
        try await withProbe { probe in
            let hooked = Journal()
            var configuration = WorkerConfiguration.quick(lease: Self.lease)
            configuration.deathHooks = [{ payload, error in hooked.note("\(payload.jid ?? "") \(type(of: error))") }]
            try await probe.send("SET", "flume:recoveries:poison", "2")
            try await probe.send("SET", "flume:recoveries:fine", "1")
            let journal = Journal()
            try await deadProcess(
                "gone:1:aa", holding: [job("Note", "poison", #""retry":25,"x":1.0"#), job("Note", "fine")], on: probe)
            try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                let payload = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "dead")[0].utf8))
                #expect(payload.jid == "poison")
                #expect(payload.rawValue("x").map(Array.init) == Array("1.0".utf8))
                #expect(payload["error_class"] == "WorkerDiedError")
                let message = try #require(payload["error_message"]?.string)
                #expect(message.contains("died 3 times") && message.contains("gone:1:aa"))
                try await journal.wait(for: 1)
                try await hooked.wait(for: 1)
            }
            #expect(journal.entries == ["fine"])
            #expect(hooked.entries == ["poison WorkerDiedError"])
        }
    }

    @Test("jobs that were in flight in all but one of so many dead processes run one by one, for each its own queue")
    func suspects() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            for jid in ["a", "b", "c"] { try await probe.send("SET", "flume:recoveries:\(jid)", "1") }
            // What the payload says of its queue is not where it was.
            let jobs = ["a", "b", "c"].map { job("Gated", $0, #""queue":"elsewhere""#) }
            try await deadProcess("gone:1:aa", holding: jobs, on: probe)
            try await withWorker(
                on: probe, [.gated(journal, gate)], configuration: .quick(lease: Self.lease)
            ) { _ in
                try await journal.wait(for: 1)
                #expect(try await probe.number("ZCARD", "schedule") > 0)
                gate.open()
                try await journal.wait(for: 3)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["a", "b", "c"])
        }
    }

    @Test("of two jobs that were in flight in so many dead processes neither is buried: they run again, apart")
    func severalSuspects() async throws {
        try await withProbe { probe in
            let journal = Journal()
            for jid in ["a", "b"] { try await probe.send("SET", "flume:recoveries:\(jid)", "2") }
            try await deadProcess("gone:1:aa", holding: ["a", "b"].map { job("Note", $0) }, on: probe)
            try await withWorker(on: probe, [.noting(journal)], configuration: .quick(lease: Self.lease)) { _ in
                try await journal.wait(for: 1)
                #expect(try await probe.members("schedule").count == 1)
                #expect(try await probe.string("flume:recoveries:b") == "3")
                try await journal.wait(for: 2)
            }
            #expect(journal.entries == ["a", "b"])
            #expect(try await probe.members("dead").isEmpty)
        }
    }

    @Test("a job without a jid is counted by its bytes, the same in every process")
    func poisonWithoutJid() async throws {
        try await withProbe { probe in
            let journal = Journal()
            // FNV-1a of the bytes.
            let bytes = #"{"class":"Note","args":[7]}"#
            let key = "flume:recoveries:ea327efbcdf6d9eb"
            try await deadProcess("gone:1:aa", holding: [bytes], on: probe)
            try await withWorker(on: probe, [.noting(journal)], configuration: .quick(lease: Self.lease)) { _ in
                try await journal.wait(for: 1)
            }
            #expect(try await probe.string(key) == "1")
        }
    }

    @Test("what a primary that lost its last writes still calls in flight runs again, and what runs is left alone")
    func rollback() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await withWorker(
                on: probe, [.noting(journal), .gated(journal, gate)], configuration: .quick(lease: Self.lease),
                adjust: { $0.commandTimeout = .seconds(1) }
            ) { running in
                try await probe.enqueue([job("Note", "settled"), job("Gated", "running")], to: "default")
                try await journal.wait(for: 2)
                let record = "flume:inflight:\(running.identity)"
                try await eventually("one is settled") { try await probe.number("HLEN", record) == 1 }
                // As after a failover: the settlement never reached the new primary.
                try await probe.send("HSET", record, "1000:default", job("Note", "settled"))
                try await probe.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                try await journal.wait(for: 3)
                try await eventually("it has left again") { try await probe.number("HLEN", record) == 1 }
                gate.open()
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries.sorted() == ["running", "settled", "settled"])
        }
    }

    @Test("all of them do, be they more than fit into one call")
    func largeRollback() async throws {
        try await withProbe { probe in
            let (journal, count) = (Journal(), 2500)
            try await withWorker(
                on: probe, [.noting(journal)], configuration: .quick(lease: Self.lease),
                adjust: { $0.commandTimeout = .seconds(1) }
            ) { running in
                let record = "flume:inflight:\(running.identity)"
                let forgotten = (0..<count).flatMap { ["\(100_000 + $0):default", job("Note", "\($0)")] }
                try await probe.send("HSET", [record] + forgotten)
                try await probe.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                try await journal.wait(for: count)
                try await probe.waitUntilDrained()
            }
            #expect(Set(journal.entries).count == count && journal.count == count)
        }
    }

    @Test("a worker that stops puts back what it is said to have in flight and has not, and says good-bye")
    func forgottenAtTheEnd() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal)], configuration: .quick(lease: Self.lease)) { running in
                try await probe.enqueue([job("Note", "a")], to: "default")
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
                let record = "flume:inflight:\(running.identity)"
                try await probe.send("HSET", record, "1001:default", job("Note", "c"), "1000:default", job("Note", "b"))
            }
            #expect(try await probe.list("queue:default") == [job("Note", "c"), job("Note", "b")])
            #expect(try await probe.set("flume:processes").isEmpty)
        }
    }

    @Test(
        "a Redis that was away for longer than everybody's lease makes nobody recover anybody",
        arguments: ["restart", "suspend"])
    func redisAway(how: String) async throws {
        try await Machine.alone {
            try await withRedisServer(["--appendonly", "yes", "--appendfsync", "always"]) { server in
                let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(1) }
                let (journal, gate) = (Journal(), Gate())
                let lease = Duration.seconds(1)
                let configuration = WorkerConfiguration.quick(lease: lease)
                let adjust: (inout RedisConfiguration) -> Void = { $0.commandTimeout = .seconds(1) }
                try await withWorker(
                    on: probe, [.gated(journal, gate)], configuration: configuration, adjust: adjust
                ) { first in
                    try await withWorker(
                        on: probe, [.gated(journal, gate)], configuration: configuration, adjust: adjust
                    ) { second in
                        try await probe.enqueue((0..<10).map { job("Gated", "\($0)") }, to: "default")
                        try await journal.wait(for: 10)
                        if how == "restart" { await server.kill() } else { server.suspend() }
                        // The outage itself has to last; nothing can be awaited from a server that is away.
                        try await Task.sleep(for: lease * 2)
                        if how == "restart" { try await server.restart() } else { server.resume() }
                        try await eventually("both hold their leases again", timeout: .seconds(40)) {
                            for identity in [first.identity, second.identity] {
                                let lease = (try? server.execute("GET", "flume:lease:\(identity)")) ?? ""
                                if Int(lease) == nil { return false }
                            }
                            return true
                        }
                        gate.open()
                        try await eventually("all are settled") {
                            let one = try server.execute("HLEN", "flume:inflight:\(first.identity)")
                            return try one + server.execute("HLEN", "flume:inflight:\(second.identity)") == "00"
                        }
                    }
                }
                #expect(Set(journal.entries).count == 10 && journal.count == 10, "\(journal.entries)")
                #expect(try server.execute("LLEN", "queue:default") == "0")
                await probe.client.close()
            }
        }
    }
}
