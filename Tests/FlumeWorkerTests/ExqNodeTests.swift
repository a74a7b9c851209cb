import Flume
@testable import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

/// Nodes of Exq beside workers of Flume; the rows are in ExqSharingTests.
@Suite("Nodes of Exq")
struct ExqNodeTests {
    @Test("a node of Exq and what it runs are among the facts", arguments: ["exq", ""])
    func facts(_ namespace: String) async throws {
        try await withProbe { probe in
            try await probe.seedExqNode(namespace: namespace)
            let facts = try await Inspector(redis: probe.client, namespace: namespace).facts()
            let node = try #require(facts.processes.first)
            #expect(facts.processes.count == 1)
            #expect(node.identity == "HOST" && node.hostname == "HOST" && node.busy == 4 && !node.quiet)
            #expect(node.pid != nil && node.pipelines.map(\.queues) == [["default", "low", "bulk"]])
            #expect(facts.running == 4)
            #expect(Set(facts.jobs.map(\.jobClass)) == ["My.SleepWorker", "My::SleepWorker"])
            #expect(Set(facts.jobs.map(\.queue)) == ["default", "low"] && facts.jobs.allSatisfy { $0.jid != nil })
        }
    }

    @Test("a worker says of itself what Exq's pages read")
    func record() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await withWorker(on: probe, [.gated(journal, gate)]) { running in
                try await probe.enqueue([job("Gated", "g")], to: "default")
                try await journal.wait(for: 1)
                try await eventually("a beat tells of it") {
                    try await probe.hash(running.identity)["busy"] == "1"
                }
                let text = try #require(try await probe.hash(running.identity)["info"])
                let info = try JSONValue(parsing: Array(text.utf8))
                #expect(info["busy"] == 1 && info["quiet"] == false && info["queues"] == ["default"])
                #expect(info["identity"]?.string == running.identity && info["started_at"]?.double != nil)
                // Exq deletes the other one of all processes.
                #expect(try await probe.hash("\(running.identity):work").count == 1)
                running.worker.quiet()
                try await eventually("a beat tells of that too") {
                    try await probe.hash(running.identity)["info"]?.contains(#""quiet":true"#) == true
                }
                gate.open()
            }
        }
    }

    @Test("a signal of Exq's for somebody else harms nobody")
    func signals() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await withWorker(on: probe, [.gated(journal, gate)]) { running in
                try await probe.enqueue([job("Gated", "first")], to: "default")
                try await journal.wait(for: 1)
                let signals = [##"CANCEL:{"pid":"#PID<0.141.0>","jid":"other"}"##, "CANCEL:{", "CANCEL", ""]
                for signal in signals { try await probe.send("LPUSH", "\(running.identity)-signals", signal) }
                try await eventually("all are read") {
                    try await probe.number("LLEN", "\(running.identity)-signals") == 0
                }
                gate.open()
                try await probe.enqueue([job("Gated", "second")], to: "default")
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["first", "second"])
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("a worker of the same host leaves everything alone that a living node owns", arguments: ["exq", ""])
    func living(_ namespace: String) async throws {
        try await withProbe { probe in
            try await probe.seedExqNode(namespace: namespace)
            let before = try await probe.exqNode(namespace: namespace)
            #expect(before.count == 13)
            var configuration = WorkerConfiguration.quick(lease: .milliseconds(100))
            configuration.namespace = namespace
            configuration.hostname = "HOST"
            let prefix = namespace.isEmpty ? "" : namespace + ":"
            let journal = Journal()
            try await withWorker(
                on: probe, [.noting(journal, as: "My.SleepWorker")],
                pipelines: [Pipeline("p", queues: ["default": 1, "low": 1], concurrency: 5)],
                configuration: configuration
            ) { running in
                #expect(running.identity.hasPrefix("HOST:"))
                // A process of Flume that died is recovered meanwhile: so long is the worker given.
                try await probe.send("SADD", prefix + "flume:processes", "gone:1:aa")
                try await probe.send(
                    "HSET", prefix + "flume:inflight:gone:1:aa", "1:default", job("My.SleepWorker", "recovered"))
                let waiting = try ExqCapture.value("running.exq_queue_default.waiting")
                try await probe.send("LPUSH", prefix + "queue:default", waiting)
                try await journal.wait(for: 2)
                #expect(try await probe.exqNode(namespace: namespace) == before)
            }
            #expect(try await probe.exqNode(namespace: namespace) == before)
            #expect(journal.count == 2)
        }
    }

    @Test("what a dead node had in flight is put back when somebody says so, in order, and of a living one nothing is")
    func restored() async throws {
        try await withProbe { probe in
            try await probe.seedExqNode(namespace: "exq")
            let inspector = Inspector(redis: probe.client, namespace: "exq")
            #expect(
                try await inspector.exqBackups() == [
                    ExqBackup(node: "HOST", queue: "default", jobs: 1, isAlive: true),
                    ExqBackup(node: "HOST", queue: "low", jobs: 3, isAlive: true),
                ])
            await #expect(throws: InspectorError.nodeLives("HOST")) {
                try await inspector.restoreExqBackups(of: "HOST")
            }
            #expect(try await probe.list("exq:queue:backup::HOST::low").count == 3)
            let backup = try await probe.list("exq:queue:backup::HOST::low")
            // More than one page, newest first as Exq has it.
            let more = (0..<250).map { "more \($0)" }
            for job in more { try await probe.send("LPUSH", "exq:queue:backup::HOST::low", job) }
            try await probe.send("LPUSH", "exq:queue:low", "waiting")
            try await probe.send("DEL", "exq:HOST")
            #expect(try await inspector.restoreExqBackups(of: "HOST") == 254)
            #expect(try await inspector.restoreExqBackups(of: "HOST") == 0)
            #expect(try await inspector.exqBackups().isEmpty)
            let runs = try await probe.list("exq:queue:low").reversed().map(\.self)
            #expect(runs == backup.reversed() + more + ["waiting"])
            #expect(try await probe.list("exq:queue:default").count == 1)
        }
    }

    @Test("names with double colons are told apart by the queues that there are")
    func names() async throws {
        try await withProbe { probe in
            try await probe.send("SADD", "queues", "a::b")
            try await probe.send("LPUSH", "queue:backup::::1::a::b", "x")
            try await probe.send("LPUSH", "queue:backup::host::unknown", "x")
            try await probe.send("HSET", ":::1", "info", "{}")
            #expect(
                try await Inspector(redis: probe.client).exqBackups() == [
                    ExqBackup(node: "::1", queue: "a::b", jobs: 1, isAlive: true),
                    ExqBackup(node: "host", queue: "unknown", jobs: 1, isAlive: false),
                ])
        }
    }

    @Test(
        "a queue is not named like a place where others keep jobs in flight",
        arguments: [("backup::HOST::low", "Exq"), ("sq|HOST:1:ab|low", "super_fetch"), ("sq|", "super_fetch")])
    func reserved(name: String, owner: String) async throws {
        try await withProbe { probe in
            let refused = await #expect(throws: PayloadError.self) {
                try await JobClient(redis: probe.client).push(JobPayload(jobClass: "A", queue: name))
            }
            #expect(refused?.code == .invalidValue)
            #expect(refused.map { "\($0)" }?.contains(owner) == true)
            let error = #expect(throws: PipelineError.self) {
                try Pipeline("p", queue: name, concurrency: 1).validate()
            }
            #expect(error?.problem.contains(owner) == true)
            try await withWorker(on: probe, []) { running in
                await #expect(throws: ControlError.reservedQueue(name)) {
                    try await running.worker.subscribe(to: name, concurrency: 1)
                }
            }
            #expect(ControlError.reservedQueue(name).description.contains(owner))
            for name in ["backup", "backup::x", "my-backup::a::b", "sq", "a-sq|b", "SQ|b"] {
                try await JobClient(redis: probe.client).push(JobPayload(jobClass: "A", queue: name))
                #expect(try await probe.queue(name).count == 1)
            }
        }
    }
}
