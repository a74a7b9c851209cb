import Flume
import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import InMemoryLogging
import Logging
import TestSupport
import Testing

@Suite("Dynamic subscription")
struct SubscriptionTests {
    private func info(_ running: RunningWorker, _ probe: RedisProbe) async throws -> JSONValue {
        guard let info = try await probe.hash(running.identity)["info"] else { return .null }
        return try JSONValue(parsing: Array(info.utf8))
    }

    @Test("a queue subscribed to while running has a concurrency of its own, and the Web UI shows it")
    func subscribe() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            // So slow a beat that only the change can have caused the second one.
            var configuration = WorkerConfiguration.quick
            configuration.heartbeatInterval = .seconds(600)
            try await withWorker(on: probe, [.gated(journal, gate)], queue: "q", configuration: configuration) {
                running in
                try await probe.enqueue((0..<5).map { job("Gated", "\($0)") }, to: "late")
                try await running.worker.subscribe(to: "late", concurrency: 3)
                try await journal.wait(for: 3)
                #expect(
                    try await running.worker.subscriptions() == [
                        Subscription(
                            pipeline: "default", queues: ["q"], concurrency: 5, running: 0, isPaused: false),
                        Subscription(pipeline: "late", queues: ["late"], concurrency: 3, running: 3, isPaused: false),
                    ])
                try await eventually("the UI shows it") {
                    let info = try await info(running, probe)
                    return info["queues"] == ["q", "late"] && info["concurrency"] == 8
                        && info["capsules"]?["late"]?["concurrency"] == 3
                }
                #expect(try await probe.inflight().count == 3)
                gate.open()
                try await journal.wait(for: 5)
                try await running.worker.unsubscribe(from: "late")
                try await eventually("the UI shows it") {
                    let info = try await info(running, probe)
                    return info["queues"] == ["q"] && info["concurrency"] == 5
                }
            }
        }
    }

    @Test("no job is lost or run twice while a queue is subscribed and unsubscribed again and again")
    func flow() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let jids = (0..<2000).map { "j\($0)" }
            try await withWorker(on: probe, [.noting(journal)], queue: "other") { running in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for start in stride(from: 0, to: jids.count, by: 20) {
                            try await probe.enqueue(jids[start..<start + 20].map { job("Note", $0) }, to: "flow")
                        }
                    }
                    for _ in 0..<20 {
                        let before = journal.count
                        try await running.worker.subscribe(to: "flow", concurrency: 4)
                        try await eventually("it takes jobs, or all are done") {
                            journal.count > before || journal.count == jids.count
                        }
                        try await running.worker.unsubscribe(from: "flow")
                    }
                    try await running.worker.subscribe(to: "flow", concurrency: 4)
                    try await group.waitForAll()
                }
                try await journal.wait(for: jids.count)
                try await probe.waitUntilDrained("flow")
            }
            #expect(journal.entries.sorted() == jids.sorted())
        }
    }

    @Test("a pipeline with several queues goes on with the others")
    func oneOfSeveral() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let pipeline = Pipeline("p", queues: ["a": 2, "b": 1, "c": 1], concurrency: 2)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { running in
                let worker = running.worker
                await #expect(throws: ControlError.sharedQueue("a", pipeline: "p")) {
                    try await worker.subscribe(to: "a", concurrency: 1)
                }
                try await worker.unsubscribe(from: "a")
                try await probe.enqueue([job("Note", "a")], to: "a")
                try await probe.enqueue([job("Note", "b")], to: "b")
                try await journal.wait(for: 1)
                #expect(try await probe.queue("a").count == 1)
                try await eventually("the UI shows it") {
                    let capsule = try await info(running, probe)["capsules"]?["p"]
                    return capsule?["weights"] == ["b": 1, "c": 1] && capsule?["mode"] == "random"
                }
                await #expect(throws: ControlError.unknownQueue("a", known: ["b", "c"])) {
                    try await worker.unsubscribe(from: "a")
                }
                // Now it can have a pipeline of its own.
                try await worker.subscribe(to: "a", concurrency: 1)
                try await journal.wait(for: 2)
                try await worker.unsubscribe(from: "b")
                try await worker.unsubscribe(from: "c")
                #expect(try await worker.subscriptions().map(\.pipeline) == ["a"])
            }
            #expect(journal.entries == ["b", "a"])
        }
    }

    @Test("subscribing again changes the concurrency, up and down")
    func resize() async throws {
        try await withProbe { probe in
            let (journal, gates) = (Journal(), (0..<8).map { _ in Gate() })
            let handler = Handler.raw("Gated") { _, context in
                journal.note(context.jid)
                try await gates[Int(context.jid) ?? 0].pass()
            }
            try await probe.enqueue((0..<8).map { job("Gated", "\($0)") }, to: "q")
            try await withWorker(on: probe, [handler], queue: "q", concurrency: 1) { running in
                try await journal.wait(for: 1)
                try await running.worker.subscribe(to: "q", concurrency: 4)
                try await journal.wait(for: 4)
                try await running.worker.subscribe(to: "q", concurrency: 2)
                for index in 0..<2 { gates[index].open() }
                try await eventually("two run") { try await running.worker.subscriptions()[0].running == 2 }
                gates[2].open()
                try await journal.wait(for: 5)
                #expect(try await running.worker.subscriptions()[0].running == 2)
                for gate in gates { gate.open() }
                try await journal.wait(for: 8)
                for concurrency in [0, -1] {
                    await #expect(throws: ControlError.concurrency(concurrency)) {
                        try await running.worker.subscribe(to: "q", concurrency: concurrency)
                    }
                }
            }
        }
    }

    @Test("jobs of a queue that was left end by themselves, and a shutdown waits for them")
    func shutdown() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let handler = Handler.raw("Gated") { _, context in
                try await gate.pass()
                journal.note(context.jid)
            }
            try await probe.enqueue([job("Gated", "one")], to: "q")
            try await probe.enqueue([job("Gated", "two")], to: "late")
            try await withWorker(on: probe, [handler], queue: "q") { running in
                try await running.worker.subscribe(to: "late", concurrency: 1)
                try await eventually("both run") { try await probe.inflight().count == 2 }
                try await running.worker.unsubscribeAll()
                #expect(try await running.worker.subscriptions().isEmpty)
                try await eventually("the UI shows it") {
                    let info = try await info(running, probe)
                    return info["queues"] == [] && info["concurrency"] == 0
                }
                running.worker.stop()
                await #expect(throws: ControlError.stopping) {
                    try await eventually("it is closed") {
                        try await running.worker.subscribe(to: "another", concurrency: 1)
                        try await running.worker.unsubscribe(from: "another")
                        return false
                    }
                }
                gate.open()
            }
            #expect(journal.entries.sorted() == ["one", "two"])
            #expect(try await probe.inflight().isEmpty)
        }
    }

    @Test("a pause is in force for a pipeline that is subscribed later")
    func pausedLater() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.send("SADD", "flume:paused", "late")
            try await withWorker(on: probe, [.noting(journal)], queue: "q") { running in
                try await probe.enqueue([job("Note", "late")], to: "late")
                try await probe.enqueue([job("Note", "q")], to: "q")
                try await journal.wait(for: 1)
                try await running.worker.subscribe(to: "late", concurrency: 1)
                #expect(try await running.worker.subscriptions().map(\.isPaused) == [false, true])
                try await running.worker.resume(.pipeline("late"), permanently: true)
                try await journal.wait(for: 2)
            }
            #expect(journal.entries == ["q", "late"])
        }
    }

    @Test("another process subscribes, pauses and hears why something cannot be done")
    func fromElsewhere() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let inspector = Inspector(redis: RedisProbe(probe.client.configuration).client)
            try await withWorker(on: probe, [.noting(journal)], queue: "q") { running in
                let identity = running.identity
                #expect(try await inspector.processes() == [identity])
                try await inspector.subscribe(to: "late", concurrency: 2, in: identity)
                try await inspector.pause(.pipeline("default"), in: identity)
                #expect(try await running.worker.subscriptions().map(\.isPaused) == [true, false])
                try await probe.enqueue([job("Note", "late")], to: "late")
                try await journal.wait(for: 1)
                try await inspector.resume(.pipeline("default"), in: identity)
                try await inspector.unsubscribe(from: "late", in: identity)
                #expect(try await running.worker.subscriptions().map(\.pipeline) == ["default"])

                let unknown = ControlError.unknownPipeline("ses", known: ["default"]).description
                await #expect(throws: InspectorError.refused(identity, reason: unknown)) {
                    try await inspector.pause(.pipeline("ses"), in: identity)
                }
                await #expect(throws: InspectorError.noSuchProcess("nobody", running: [identity])) {
                    try await inspector.pause(.all, in: "nobody")
                }
                await #expect(throws: InspectorError.emptyName) { try await inspector.pause(.queue("")) }
                await #expect(throws: InspectorError.concurrency(0)) {
                    try await inspector.subscribe(to: "q", concurrency: 0, in: identity)
                }
                try await inspector.unsubscribeAll(in: identity)
                #expect(try await running.worker.subscriptions().isEmpty)
            }
            #expect(try await inspector.processes().isEmpty)
            #expect(try await probe.send("EXISTS", "flume:commands:x").integer == 0)
        }
    }

    @Test("commands that nobody understands are logged and dropped, and the next one is carried out")
    func nonsense() async throws {
        try await withProbe { probe in
            let log = InMemoryLogHandler()
            let logger = Logger(label: "test") { _ in log }
            try await withWorker(on: probe, [], queue: "q", logger: logger) { running in
                let key = "flume:commands:\(running.identity)"
                try await probe.send("RPUSH", key, "{", "42", #"{"do":"dance","id":"d"}"#, #"{"do":"pause_all"}"#)
                try await eventually("all are gone") { try await probe.list(key).isEmpty }
                #expect(try await running.worker.subscriptions()[0].isPaused)
                #expect(try await probe.string("flume:answer:d") == "nobody knows how to dance")
            }
            #expect(log.entries.count { "\($0.message)".contains("was not carried out") } == 3)
        }
    }
}
