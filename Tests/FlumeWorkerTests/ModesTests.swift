import Flume
import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("Several in one process, and parts alone")
struct ModesTests {
    @Test("two workers with namespaces and Redis servers of their own know nothing of each other")
    func twoOfEverything() async throws {
        try await withProbe { here in
            try await withRedisServer { server in
                let there = try RedisProbe(url: server.url())
                let (first, second) = (Journal(), Journal())
                var (one, two) = (WorkerConfiguration.quick, WorkerConfiguration.quick)
                one.namespace = "one"
                two.namespace = "{two}"
                two.hostname = "other"
                try await withWorker(on: here, [.noting(first)], configuration: one) { a in
                    try await withWorker(on: there, [.noting(second)], configuration: two) { b in
                        let (jobsHere, jobsThere) = (
                            JobClient(redis: here.client, namespace: "one"),
                            JobClient(redis: there.client, namespace: "{two}")
                        )
                        let payload = JobPayload(jobClass: "Note", arguments: [], queue: "default")
                        let jids = try await [jobsHere.push(payload), jobsThere.push(payload)]
                        try await first.wait(for: 1)
                        try await second.wait(for: 1)
                        #expect([first.entries, second.entries] == jids.map { [$0 ?? ""] })
                        // A pause, a cancellation and the facts of one are not those of the other.
                        try await a.worker.pause(.all, permanently: true)
                        try await jobsThere.push(payload)
                        try await second.wait(for: 2)
                        let (inspectorHere, inspectorThere) = (
                            Inspector(redis: here.client, namespace: "one"),
                            Inspector(redis: there.client, namespace: "{two}")
                        )
                        #expect(try await inspectorHere.facts().pauses.all)
                        #expect(try await !inspectorThere.facts().pauses.all)
                        #expect(try await inspectorHere.processes() == [a.identity])
                        #expect(try await inspectorThere.processes() == [b.identity])
                        #expect(b.identity.hasPrefix("other:"))
                        for inspector in [inspectorHere, inspectorThere] {
                            try await eventually("it beats") { try await inspector.processSet.all().count == 1 }
                        }
                    }
                }
                let keys = try await here.send("KEYS", "*").array?.compactMap(\.string) ?? []
                #expect(!keys.isEmpty && keys.allSatisfy { $0.hasPrefix("one:") }, "\(keys)")
                let others = try await there.send("KEYS", "*").array?.compactMap(\.string) ?? []
                #expect(!others.isEmpty && others.allSatisfy { $0.hasPrefix("{two}:") }, "\(others)")
                await there.client.close()
            }
        }
    }

    @Test("two workers of one name on one Redis have identities of their own and share no in-flight record")
    func oneName() async throws {
        try await withProbe { probe in
            let (first, second, gate) = (Journal(), Journal(), Gate())
            var configuration = WorkerConfiguration.quick(lease: .milliseconds(600))
            configuration.hostname = "node"
            configuration.shutdownTimeout = .milliseconds(100)
            try await withWorker(on: probe, [.gated(first, gate)], concurrency: 1, configuration: configuration) { a in
                try await probe.enqueue([job("Gated", "a")], to: "default")
                try await first.wait(for: 1)
                try await withWorker(
                    on: probe, [.gated(second, gate)], concurrency: 1, configuration: configuration
                ) { b in
                    #expect(a.identity != b.identity && a.identity.hasPrefix("node:") && b.identity.hasPrefix("node:"))
                    try await probe.enqueue([job("Gated", "b")], to: "default")
                    try await second.wait(for: 1)
                    #expect(
                        Array(try await probe.hash("flume:inflight:\(a.identity)").values) == [job("Gated", "a")])
                    #expect(
                        Array(try await probe.hash("flume:inflight:\(b.identity)").values) == [job("Gated", "b")])
                    try await eventually("both are shown") { try await probe.set("processes").count == 2 }
                }
                // The other one has put its job back at its end; nobody has touched this one's.
                #expect(try await probe.queue("default") == [job("Gated", "b")])
                #expect(Array(try await probe.hash("flume:inflight:\(a.identity)").values) == [job("Gated", "a")])
                gate.open()
                try await probe.waitUntilDrained()
            }
            #expect(first.entries.filter { $0 == "a" } == ["a"])
        }
    }

    @Test("a producer alone, an inspector alone and a worker alone each open what they use and nothing else")
    func alone() async throws {
        try await withProbe { probe in
            // Producer: no process record, no lease, no background commands.
            let jobs = JobClient(redis: probe.client)
            _ = try await jobs.push(JobPayload(jobClass: "Note", arguments: [], queue: "default"))
            #expect(
                try await probe.send("KEYS", "*").array?.compactMap(\.string).sorted() == ["queue:default", "queues"])
            // Inspector: reads, and writes only what it is told to.
            let inspector = Inspector(redis: probe.client)
            _ = try await inspector.facts()
            _ = try await inspector.statistics()
            _ = try await inspector.workSet.all()
            #expect(try await inspector.queue("default").size() == 1)
            #expect(try await probe.number("DBSIZE") == 2)
            // Worker: runs what others have pushed.
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal)]) { _ in try await journal.wait(for: 1) }
        }
    }
}
