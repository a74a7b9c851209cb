import Flume
import FlumeRedis
import FlumeWorker
import Foundation
import InMemoryLogging
import Logging
import TestSupport
import Testing

/// What an idle worker leaves with Redis, and how it takes that back.
@Suite("Fetches of an idle worker")
struct IdleFetchTests {
    /// Runs a worker on a server of its own, which is idle when the body begins: so many connections wait in Redis.
    private func withIdleWorker(
        _ pipelines: [Pipeline], waiting: Int, _ handlers: [Handler], configuration: WorkerConfiguration = .quick,
        _ body: (RunningWorker, RedisProbe) async throws -> Void
    ) async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await withWorker(on: probe, handlers, pipelines: pipelines, configuration: configuration) { running in
                try await wait(for: waiting, probe)
                try await body(running, probe)
            }
            await probe.client.close()
        }
    }

    private func wait(for count: Int, _ probe: RedisProbe) async throws {
        try await eventually("\(count) connections wait in Redis") {
            try await probe.send("INFO", "clients").string?.contains("blocked_clients:\(count)\r") == true
        }
    }

    @Test("a job that comes to an idle queue is brought by the fetch that waits there")
    func oneTrip() async throws {
        let (journal, events) = (Journal(), EventJournal())
        let configuration = WorkerConfiguration.quick
        configuration.events.attach(events)
        let pipelines = [Pipeline("p", queues: [.init("a"), .init("b")], concurrency: 40)]
        try await withIdleWorker(pipelines, waiting: 2, [.noting(journal)], configuration: configuration) { _, probe in
            for index in 1...6 {
                try await probe.enqueue([job("Note", "\(index)")], to: index.isMultiple(of: 2) ? "a" : "b")
                try await journal.wait(for: index)
                try await wait(for: 2, probe)
            }
            // Nobody had to ask for it.
            let latencies = events.events.compactMap { event -> Duration? in
                if case .fetched(_, 1, _, let latency) = event { latency } else { nil }
            }
            #expect(latencies == Array(repeating: .zero, count: 6))
        }
        #expect(journal.entries == (1...6).map(String.init))
    }

    @Test("a queue may fill all slots, also those set aside for queues that are idle")
    func slots() async throws {
        let (journal, gate) = (Journal(), Gate())
        let pipelines = [Pipeline("p", queues: [.init("a"), .init("b"), .init("c")], concurrency: 6)]
        try await withIdleWorker(pipelines, waiting: 3, [.gated(journal, gate)]) { _, probe in
            try await probe.enqueue((0..<20).map { job("Gated", "\($0)") }, to: "a")
            try await journal.wait(for: 6)
            #expect(try await probe.inflight().count == 6)
            gate.open()
            try await journal.wait(for: 20)
            try await probe.waitUntilDrained()
            // And idle again, all are waited for.
            try await probe.enqueue([job("Gated", "b")], to: "b")
            try await probe.enqueue([job("Gated", "c")], to: "c")
            try await journal.wait(for: 22)
        }
        #expect(Set(journal.entries).count == 22)
    }

    @Test("a backlog of short jobs gets all slots, though Redis is far and other queues stay idle")
    func backlog() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let proxy = try await FaultProxy.start(to: server)
            let (journal, events) = (Journal(), EventJournal())
            let far = try RedisProbe(url: proxy.url())
            let configuration = WorkerConfiguration.quick
            configuration.events.attach(events)
            let queues = "abcdefgh".map { Pipeline.Queue(String($0)) }
            // Longer than it takes to ask for more, and shorter than it takes to get it.
            let short = Handler.raw("Short") { _, _ in
                try await Task.sleep(for: .milliseconds(2))
                journal.note("short")
            }
            try await withWorker(
                on: far, [short], pipelines: [Pipeline("p", queues: queues, concurrency: 25)],
                configuration: configuration
            ) { _ in
                try await wait(for: 8, probe)
                proxy.delay(.replies, by: .milliseconds(20))
                try await probe.enqueue((0..<120).map { job("Short", "\($0)") }, to: "a")
                try await journal.wait(for: 120)
            }
            let sizes = events.events.compactMap { if case .fetched(_, let count, _, _) = $0 { count } else { nil } }
            #expect(sizes.contains { $0 > 20 }, "fetches of \(sizes)")
            await far.client.close()
            await probe.client.close()
        }
    }

    @Test("a queue that is paused and that nobody here reads is no reason to look instead of to wait")
    func pausedElsewhere() async throws {
        let (journal, events) = (Journal(), EventJournal())
        let configuration = WorkerConfiguration.quick
        configuration.events.attach(events)
        let pipelines = [Pipeline("p", queues: [.init("a"), .init("b")], concurrency: 40)]
        try await withIdleWorker(pipelines, waiting: 2, [.noting(journal)], configuration: configuration) { _, probe in
            try await probe.send("SADD", "paused", "elsewhere")
            for index in 1...4 {
                try await probe.enqueue([job("Note", "\(index)")], to: "a")
                try await journal.wait(for: index)
                try await wait(for: 2, probe)
            }
            let latencies = events.events.compactMap { event -> Duration? in
                if case .fetched(_, 1, _, let latency) = event { latency } else { nil }
            }
            #expect(latencies == Array(repeating: .zero, count: 4))
        }
    }

    @Test("a worker that becomes quiet while Redis is away leaves no fetch with it when it is back")
    func quietInOutage() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(1) }
            let (journal, events, gate) = (Journal(), EventJournal(), Gate())
            let configuration = WorkerConfiguration.quick
            configuration.events.attach(events)
            try await withWorker(
                on: probe, [.gated(journal, gate)], concurrency: 1, configuration: configuration
            ) { running in
                try await probe.enqueue([job("Gated", "1")], to: "default")
                try await journal.wait(for: 1)
                server.suspend()
                // Its slot is free: a fetch is on its way when Redis falls silent.
                gate.open()
                try await events.wait(for: "connectionLost fetch jobs")
                running.worker.quiet()
                server.resume()
                try await events.wait(for: "connectionRestored fetch jobs")
                try await eventually("another job is in the queue") {
                    (try? await probe.enqueue([job("Gated", "2")], to: "default")) != nil
                }
                try await eventually("it waits for no queue") {
                    try await probe.send("CLIENT", "LIST").string?.contains("wait:default") == false
                }
                #expect(try await probe.queue("default").contains(job("Gated", "2")))
            }
            #expect(journal.entries == ["1"])
            await probe.client.close()
        }
    }

    @Test("a queue whose key holds no list is told of once, not with each fetch")
    func brokenQueue() async throws {
        let (journal, log) = (Journal(), InMemoryLogHandler())
        try await withProbe { probe in
            try await probe.send("SET", "queue:broken", "text")
            let queues = [Pipeline.Queue("broken"), .init("default")]
            try await withWorker(
                on: probe, [.noting(journal)], pipelines: [Pipeline("p", queues: queues, concurrency: 2)],
                logger: Logger(label: "test") { _ in log }
            ) { _ in
                for index in 1...20 {
                    try await probe.enqueue([job("Note", "\(index)")], to: "default")
                    try await journal.wait(for: index)
                }
            }
            let count = log.entries.count { "\($0.message)".contains("does not hold a list") }
            #expect(count == 1)
        }
    }

    @Test("with fewer slots than queues each queue still gets what there is")
    func fewSlots() async throws {
        let journal = Journal()
        let pipelines = [Pipeline("p", queues: [.init("a"), .init("b"), .init("c")], concurrency: 1)]
        try await withIdleWorker(pipelines, waiting: 3, [.noting(journal)]) { _, probe in
            for (index, queue) in "abccba".enumerated() {
                try await probe.enqueue([job("Note", "\(index)")], to: String(queue))
                try await journal.wait(for: index + 1)
            }
        }
        #expect(journal.entries == (0..<6).map(String.init))
    }

    @Test("a pause of an idle pipeline is in force when the call returns", arguments: [true, false])
    func pause(isPermanent: Bool) async throws {
        let journal = Journal()
        let pipelines = [Pipeline("p", queues: [.init("a"), .init("b")], concurrency: 4)]
        try await withIdleWorker(pipelines, waiting: 2, [.noting(journal)]) { running, probe in
            for round in 0..<10 {
                let scope = round.isMultiple(of: 2) ? FlumeEvent.PauseScope.pipeline("p") : .queue("a")
                #expect(
                    try await running.worker.pause(scope, permanently: isPermanent, waiting: .seconds(15)))
                try await probe.enqueue([job("Note", "\(round)")], to: "a")
                try await probe.enqueue([job("Note", "b\(round)")], to: "b")
                if scope == .queue("a") { try await journal.wait(for: 2 * round + 1) }
                #expect(try await probe.queue("a").count == 1)
                #expect(!journal.entries.contains("\(round)"))
                try await running.worker.resume(scope, permanently: isPermanent)
                try await journal.wait(for: 2 * round + 2)
            }
        }
        #expect(Set(journal.entries).count == 20)
    }

    @Test("a queue that an idle pipeline reads no more keeps its jobs")
    func unsubscribe() async throws {
        let journal = Journal()
        let pipelines = [Pipeline("p", queues: [.init("a"), .init("b")], concurrency: 4)]
        try await withIdleWorker(pipelines, waiting: 2, [.noting(journal)]) { running, probe in
            try await running.worker.unsubscribe(from: "a")
            #expect(try await running.worker.pause(.all, waiting: .seconds(15)))
            try await probe.enqueue([job("Note", "a")], to: "a")
            try await probe.enqueue([job("Note", "b")], to: "b")
            try await running.worker.resume(.all)
            try await journal.wait(for: 1)
            #expect(journal.entries == ["b"])
            #expect(try await probe.queue("a").count == 1)
        }
    }

    @Test("jobs that come while an idle worker stops run here or stay in the queue; none is in flight afterwards")
    func stop() async throws {
        for round in 0..<10 {
            let journal = Journal()
            try await withRedisServer { server in
                let probe = try RedisProbe(url: server.url())
                let names = (0..<40).map { "\(round).\($0)" }
                let pipelines = [Pipeline("p", queues: [.init("a"), .init("b")], concurrency: 8)]
                try await withWorker(on: probe, [.noting(journal)], pipelines: pipelines) { running in
                    try await wait(for: 2, probe)
                    for (index, name) in names.enumerated() {
                        if index == 4 * round { running.worker.stop() }
                        try await probe.enqueue([job("Note", name)], to: index.isMultiple(of: 2) ? "a" : "b")
                    }
                }
                let left = try await probe.queue("a").count + probe.queue("b").count
                #expect(journal.count + left == names.count)
                #expect(Set(journal.entries).count == journal.count)
                #expect(try await probe.inflight().isEmpty)
                await probe.client.close()
            }
        }
    }

    @Test("a job whose fetch waited in Redis and whose reply is on its way when the worker becomes quiet runs")
    func quiet() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let proxy = try await FaultProxy.start(to: server)
            let (journal, far) = (Journal(), try RedisProbe(url: proxy.url()))
            try await withWorker(on: far, [.noting(journal)]) { running in
                try await wait(for: 1, probe)
                proxy.stall([.replies])
                try await probe.enqueue([job("Note", "1")], to: "default")
                try await eventually("it is in flight") { try await probe.inflight().count == 1 }
                running.worker.quiet()
                try await eventually("Redis was asked what the fetch had brought, or never will be") {
                    let isAsked = try await probe.string("flume:lease:\(running.identity)") == "2"
                    let clients = try await probe.send("CLIENT", "LIST").string ?? ""
                    return isAsked || !clients.contains("wait:default")
                }
                proxy.unstall()
                try await journal.wait(for: 1)
                try await eventually("it is settled") { try await probe.inflight().isEmpty }
            }
            await far.client.close()
            await probe.client.close()
        }
    }

    @Test("a job that is put back at a shutdown without patience stays in its queue, though a fetch had waited there")
    func putBack() async throws {
        var configuration = WorkerConfiguration.quick
        configuration.shutdownTimeout = .zero
        for _ in 0..<30 {
            try await withProbe { probe in
                let (journal, gate) = (Journal(), Gate())
                try await withWorker(on: probe, [.gated(journal, gate)], configuration: configuration) { _ in
                    try await probe.enqueue([job("Gated", "1")], to: "default")
                    try await journal.wait(for: 1)
                }
                #expect(try await probe.queue("default") == [job("Gated", "1")])
                #expect(try await probe.inflight().isEmpty)
                #expect(journal.count == 1)
            }
        }
    }

    @Test("what was given to a process that was stopped past its lease runs elsewhere, and not there when it goes on")
    func frozen() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            // Without the limits that it has by default: a fetch through a limit never waits in Redis.
            let arguments = ["--unlimited", "--lease", "2"]
            let first = try await WorkerProcess.start("first", on: server, arguments)
            let identity = try #require(first.identity)
            try await wait(for: 1, probe)
            first.child.signal(SIGSTOP)
            // Redis knows nothing of that yet.
            try await probe.enqueue((0..<3).map { job("EchoJob", "\($0)") }, to: "default")
            #expect(try await probe.hash("flume:inflight:\(identity)").isEmpty == false)
            let second = try await WorkerProcess.start("second", on: server, arguments)
            try await eventually("they have run elsewhere", timeout: .seconds(60)) {
                try await probe.list("interop:echo").count == 3
            }
            try await probe.waitUntilDrained()
            try await first.resume(watching: probe)
            for process in [first, second] {
                process.child.signal(SIGTERM)
                #expect(await process.child.exit() == .status(0))
            }
            #expect(try await probe.list("interop:echo").count == 3)
            await probe.client.close()
        }
    }
}
