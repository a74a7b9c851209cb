import Flume
@testable import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import Foundation
import TestSupport
import Testing

@Suite("Queue facts")
struct FactsTests {
    @Test("an empty database has facts too")
    func empty() async throws {
        try await withProbe { probe in
            let facts = try await Inspector(redis: probe.client).facts()
            #expect(abs(facts.time - (try await probe.now())) < 5)
            #expect(facts.queues.isEmpty && facts.processes.isEmpty && facts.jobs.isEmpty && facts.limits.isEmpty)
            #expect(facts.processed == 0 && facts.failed == 0 && facts.running == 0)
            #expect(facts.pauses == QueueFacts.Pauses(all: false, pipelines: [], queues: []))
        }
    }

    @Test("jobs in every state are counted where they are, and the JSON says the same")
    func everyState() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let pipelines = [
                Pipeline("ses", queue: "mailers", concurrency: 2),
                Pipeline("other", queues: ["b": 2, "a": 1], concurrency: 3),
            ]
            try await withWorker(on: probe, [.gated(journal, gate), .failing()], pipelines: pipelines) { running in
                try await probe.enqueue([job("Fail", "dead", #""retry":false"#), job("Fail", "retry")], to: "b")
                _ = try await probe.wait(for: 1, in: "retry")
                try await probe.send("ZADD", "dead", "1", job("Fail", "dead too"))
                for index in 0..<3 { try await probe.send("ZADD", "schedule", "9999999999", job("X", "\(index)")) }
                try await probe.enqueue((0..<4).map { job("Gated", "g\($0)") }, to: "mailers")
                try await journal.wait(for: 2)
                try await running.worker.pause(.queue("a"), permanently: true)
                try await running.worker.pause(.pipeline("other"), permanently: true)
                try await probe.send("SADD", "flume:processes", "gone:1:a", "buried:1:b")
                try await probe.send("SET", "flume:lease:buried:1:b", "buried")
                try await probe.send("HSET", "flume:inflight:gone:1:a", "1:q", job("X", "x"), "2:q", job("X", "y"))
                try await probe.send("SADD", "processes", "long:gone")
                try await eventually("a beat tells of it") {
                    try await probe.hash(running.identity)["busy"] == "2"
                }

                let inspector = Inspector(redis: probe.client)
                let facts = try await inspector.facts()
                #expect(facts.scheduled == 3 && facts.retries == 1)
                #expect(facts.processed == 2 && facts.failed == 2)
                #expect(facts.queues.map(\.name) == ["b", "mailers"])
                #expect(facts.queues.map(\.size) == [0, 2])
                #expect(facts.queues.map(\.latency) == [0, nil])
                #expect(facts.pauses == QueueFacts.Pauses(all: false, pipelines: ["other"], queues: ["a"]))
                let process = try #require(facts.processes.first)
                #expect(facts.processes.count == 1)
                #expect(process.identity == running.identity && process.hostname == "test" && process.busy == 2)
                #expect(process.pid == Int(ProcessInfo.processInfo.processIdentifier) && !process.quiet)
                #expect(
                    process.pipelines == [
                        QueueFacts.Pipeline(name: "ses", queues: ["mailers"], concurrency: 2),
                        QueueFacts.Pipeline(name: "other", queues: ["b", "a"], concurrency: 3),
                    ])
                #expect(abs((process.beat ?? 0) - facts.time) < 10)
                #expect(facts.running == 2)
                #expect(Set(facts.jobs.map(\.jid)) == ["g0", "g1"])
                for job in facts.jobs {
                    #expect(job.jobClass == "Gated" && job.queue == "mailers" && job.process == running.identity)
                    #expect(abs((job.since ?? 0) - facts.time) < 10)
                }
                #expect(
                    facts.inflight.sorted { $0.process < $1.process } == [
                        QueueFacts.InFlight(process: "buried:1:b", jobs: 0, lease: .buried),
                        QueueFacts.InFlight(process: "gone:1:a", jobs: 2, lease: .lapsed),
                        QueueFacts.InFlight(process: running.identity, jobs: 2, lease: .held),
                    ])

                let one = try await inspector.facts(jobLimit: 1)
                #expect(one.running == 2 && one.jobs.count == 1)
                let json = try JSONEncoder().encode(facts)
                #expect(try JSONDecoder().decode(QueueFacts.self, from: json) == facts)
                let value = try JSONValue(parsing: json)
                #expect(value["queues"]?.array?[1]["size"] == 2 && value["retries"] == 1)
                #expect(value["jobs"]?.array?.first?["class"] == "Gated")
                // Whoever recovers the dead must not find half a job.
                try await probe.send("DEL", "flume:inflight:gone:1:a")
                gate.open()
            }
        }
    }

    @Test("the age of the oldest job is by Redis's clock, in every form of time stamp")
    func latency() async throws {
        try await withProbe { probe in
            let then = try await probe.now() - 100
            let stamps: [String: String?] = [
                "float": "\(then)", "seconds": "\(Int(then))", "milliseconds": "\(Int(then * 1000))",
                "exponent": "\(then / 1e9)e9", "null": "null", "missing": nil, "text": "\"soon\"",
                "future": "\(then + 1000)",
            ]
            for (queue, stamp) in stamps {
                let oldest = job("X", "old", stamp.map { "\"enqueued_at\":\($0)" } ?? "\"retry\":true")
                try await probe.enqueue([oldest, job("X", "young")], to: queue)
            }
            try await probe.enqueue(["no JSON at all"], to: "broken")
            try await probe.send("SADD", "queues", "emptied", "strange")
            try await probe.send("SET", "queue:strange", "not a list")
            let facts = try await Inspector(redis: probe.client).facts()
            let latencies = Dictionary(uniqueKeysWithValues: facts.queues.map { ($0.name, $0.latency) })
            for name in ["float", "seconds", "milliseconds", "exponent"] {
                let latency = try #require(latencies[name] ?? nil, "\(name)")
                #expect(latency > 98 && latency < 160, "\(name): \(latency)")
            }
            for name in ["null", "missing", "text", "broken"] { #expect(latencies[name] == .some(nil), "\(name)") }
            for name in ["future", "emptied"] { #expect(latencies[name] == 0, "\(name)") }
            #expect(facts.queues.first { $0.name == "strange" }?.size == 0)
        }
    }

    @Test("the processes and jobs of a Sidekiq are facts like our own")
    func sidekiq() async throws {
        try await withProbe { probe in
            let info = #"{"hostname":"vm","pid":7,"tag":"t","concurrency":3,"queues":["crit","low"],"labels":[]}"#
            try await probe.send("SADD", "processes", "vm:7:a", "vm:8:b")
            try await probe.send("HSET", "vm:7:a", "info", info, "busy", "1", "beat", "1795254350.5", "quiet", "true")
            let capsules =
                #"{"hostname":"vm","pid":8,"version":"8.1.7","capsules":{"mail":{"concurrency":2,"weights":{"m":0}}}}"#
            try await probe.send("HSET", "vm:8:b", "info", capsules, "busy", "0", "beat", "x", "quiet", "false")
            let payload = #"{\"class\":\"W\",\"wrapped\":\"Mailer\",\"jid\":\"j\",\"args\":[]}"#
            let work = #"{"queue":"crit","payload":"\#(payload)","run_at":1795254365}"#
            let nested = #"{"queue":"low","payload":{"class":"C","jid":"k","args":[]},"run_at":1795254365.5}"#
            try await probe.send("HSET", "vm:7:a:workers", "t1", work, "t2", nested, "t3", "nonsense")
            let facts = try await Inspector(redis: probe.client).facts()
            #expect(facts.processes.map(\.identity) == ["vm:7:a", "vm:8:b"])
            #expect(
                facts.processes.flatMap(\.pipelines) == [
                    QueueFacts.Pipeline(name: "default", queues: ["crit", "low"], concurrency: 3),
                    QueueFacts.Pipeline(name: "mail", queues: ["m"], concurrency: 2),
                ])
            #expect(facts.processes.map(\.quiet) == [true, false])
            #expect(facts.processes.map(\.beat) == [1795254350.5, nil])
            #expect(facts.running == 3)
            #expect(facts.jobs.map(\.jid) == ["j", "k"])
            #expect(facts.jobs.map(\.queue) == ["crit", "low"])
            #expect(facts.jobs.map(\.since) == [1795254365, 1795254365.5])
        }
    }

    @Test("a process tells at once what it pauses for itself, and when it does no longer")
    func ownPauses() async throws {
        try await withProbe { probe in
            var configuration = WorkerConfiguration.quick
            configuration.heartbeatInterval = .seconds(60)
            let pipelines = [Pipeline("a", queue: "q", concurrency: 1), Pipeline("b", queue: "r", concurrency: 1)]
            try await withWorker(on: probe, [], pipelines: pipelines, configuration: configuration) { running in
                let inspector = Inspector(redis: probe.client)
                func told(_ pauses: QueueFacts.Pauses) async throws {
                    try await eventually("the facts tell \(pauses)") {
                        try await inspector.facts().processes.first?.pauses == pauses
                    }
                }
                try await told(QueueFacts.Pauses(all: false, pipelines: [], queues: []))
                try await running.worker.pause(.pipeline("b"))
                try await running.worker.pause(.pipeline("a"))
                try await running.worker.pause(.queue("r"))
                try await told(QueueFacts.Pauses(all: false, pipelines: ["a", "b"], queues: ["r"]))
                // A pause of every process is no pause of its own, and ending that one does not end it.
                try await inspector.pause(.all)
                try await inspector.pause(.all, in: running.identity)
                try await inspector.resume(.all)
                try await told(QueueFacts.Pauses(all: true, pipelines: ["a", "b"], queues: ["r"]))
                try await inspector.resume(.all, in: running.identity)
                try await told(QueueFacts.Pauses(all: false, pipelines: [], queues: ["r"]))
                let facts = try await inspector.facts()
                #expect(facts.pauses == QueueFacts.Pauses(all: false, pipelines: [], queues: []))
            }
        }
    }

    @Test("limits are told as they are stored, with slots taken and jobs parked")
    func limits() async throws {
        try await withProbe { probe in
            try await probe.send("SADD", "flume:limits", "ses", "stripe", "gone")
            try await probe.send("HSET", "flume:limit:ses", "count", "400", "window", "1000")
            try await probe.send("HSET", "flume:slots:ses", "a", "", "b", "")
            try await probe.send("ZADD", "flume:parked-keys:1:p:stripe", "1", "42", "2", "7")
            try await probe.send("RPUSH", "flume:parked:1:p:6:stripe:42", "x", "y", "z")
            try await probe.send("ZADD", "flume:parked-keys:2:p2:stripe", "1", "42")
            try await probe.send("RPUSH", "flume:parked:2:p2:6:stripe:42", "x")
            try await probe.send("ZADD", "flume:parked-places", "1", "1:p:stripe", "1", "2:p2:stripe", "1", "nonsense")
            // Whatever else is stored under such a name does no harm.
            try await probe.send("SET", "flume:limit:stripe", "x")
            let limits = try await Inspector(redis: probe.client).facts().limits
            #expect(
                limits == [
                    QueueFacts.Limit(key: "gone", fields: [:], available: nil, slots: 0, parkedKeys: 0, parked: []),
                    QueueFacts.Limit(
                        key: "ses", fields: ["count": "400", "window": "1000"], available: nil, slots: 2,
                        parkedKeys: 0, parked: []),
                    QueueFacts.Limit(
                        key: "stripe", fields: [:], available: nil, slots: 0, parkedKeys: 3,
                        parked: [
                            .init(pipeline: "p", key: "42", jobs: 3), .init(pipeline: "p", key: "7", jobs: 0),
                            .init(pipeline: "p2", key: "42", jobs: 1),
                        ]),
                ])
        }
    }

    @Test("limits of a running worker are facts, with the slots its jobs hold")
    func workersLimits() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let pipeline = Pipeline("p", queue: "q", concurrency: 5)
                .rateLimit(400, per: .seconds(60), key: "ses").maxInCluster(3, key: "ses")
            try await withWorker(on: probe, [.gated(journal, gate)], pipelines: [pipeline]) { _ in
                try await probe.enqueue((0..<5).map { job("Gated", "\($0)") }, to: "q")
                try await journal.wait(for: 3)
                let limits = try await Inspector(redis: probe.client).facts().limits
                #expect(limits.map(\.key) == ["ses", "ses:slots"])
                #expect(limits.map(\.slots) == [0, 3])
                #expect(limits.map(\.available) == [397, 0])
                #expect(limits.map { $0.fields["kind"] } == ["window", "slots"])
                #expect(limits.map { $0.fields["count"] } == ["400", "3"])
                #expect(limits[0].fields["scale"] == "60000000")
                gate.open()
            }
        }
    }

    @Test("more members than fit in one page are all there")
    func pages() async throws {
        try await withProbe { probe in
            let names = (0..<2500).map { "queue number \($0)" }
            try await probe.send("SADD", ["queues"] + names)
            let facts = try await Inspector(redis: probe.client).facts()
            #expect(facts.queues.map(\.name) == names.sorted())
        }
    }

    @Test("with a namespace only its own keys are read and written")
    func namespace() async throws {
        try await withProbe { probe in
            let inspector = Inspector(redis: probe.client, namespace: "app")
            try await probe.send("SADD", "queues", "foreign")
            try await probe.send("SADD", "app:queues", "own")
            try await inspector.pause(.queue("own"))
            try await inspector.pause(.all)
            let facts = try await inspector.facts()
            #expect(facts.queues == [QueueFacts.Queue(name: "own", size: 0, latency: 0, paused: true)])
            #expect(facts.pauses == QueueFacts.Pauses(all: true, pipelines: [], queues: ["own"]))
            #expect(try await probe.set("paused").isEmpty)
        }
    }
}
