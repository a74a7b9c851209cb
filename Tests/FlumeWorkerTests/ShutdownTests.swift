import FlumeRedis
import FlumeWorker
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Shutdown")
struct ShutdownTests {
    private var impatient: WorkerConfiguration {
        var configuration = WorkerConfiguration.quick
        configuration.shutdownTimeout = .milliseconds(100)
        return configuration
    }

    @Test("running jobs may end within the timeout, and no more are taken")
    func patience() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await probe.enqueue((0..<4).map { job("Gated", "\($0)") }, to: "default")
            try await withWorker(on: probe, [.gated(journal, gate)], concurrency: 2) { running in
                try await journal.wait(for: 2)
                running.worker.stop()
                try await eventually("it takes no more") { try await probe.hash(running.identity)["quiet"] == "true" }
                gate.open()
            }
            #expect(journal.entries.sorted() == ["0", "1"])
            #expect(try await probe.queue("default") == [job("Gated", "2"), job("Gated", "3")])
            #expect(try await probe.inflight().isEmpty)
            #expect(try await probe.set("flume:processes").isEmpty)
            #expect(try await probe.set("processes").isEmpty)
            #expect(try await probe.string("stat:processed") == "2")
        }
    }

    @Test("jobs that do not end go back to the front of their queues, in order and byte for byte, uncounted")
    func putBack() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let odd = job("Gated", "0", args: "[ 1.0 , \"\\u00e9\"]", #""retry":3,"retry_count":1,"enqueued_at":1.5e9"#)
            let jobs = [odd] + (1..<8).map { job("Gated", "\($0)") }
            try await probe.enqueue(jobs, to: "default")
            try await withWorker(on: probe, [.gated(journal, gate)], concurrency: 5, configuration: impatient) { _ in
                try await journal.wait(for: 5)
            }
            #expect(try await probe.queue("default") == jobs)
            #expect(try await probe.members("retry").isEmpty)
            #expect(try await probe.inflight().isEmpty)
            #expect(try await probe.set("flume:processes").isEmpty)
        }
    }

    @Test("jobs of several queues go back to the front of the queue each came from")
    func severalQueues() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let pipeline = Pipeline("p", queues: ["a": 0, "b": 0], concurrency: 4)
            let (a, b) = ((0..<2).map { job("Gated", "a\($0)") }, (0..<4).map { job("Gated", "b\($0)") })
            try await probe.enqueue(a, to: "a")
            try await probe.enqueue(b, to: "b")
            try await withWorker(
                on: probe, [.gated(journal, gate)], pipelines: [pipeline], configuration: impatient
            ) { _ in try await journal.wait(for: 4) }
            #expect(try await probe.queue("a") == a)
            #expect(try await probe.queue("b") == b)
        }
    }

    @Test("a handler that ignores its cancellation does not keep run() from returning, and settles nothing later")
    func stubborn() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let handler = Handler.raw("Stubborn") { _, context in
                journal.note(context.jid)
                await Task.detached { try? await gate.pass() }.value
                journal.note("ended")
            }
            let start = ContinuousClock.now
            try await probe.enqueue([job("Stubborn", "s")], to: "default")
            try await withWorker(on: probe, [handler], configuration: impatient) { _ in try await journal.wait(for: 1) }
            #expect(start.duration(to: .now) < .seconds(8))
            #expect(journal.entries == ["s"])
            gate.open()
            try await journal.wait(for: 2)
            #expect(try await probe.queue("default") == [job("Stubborn", "s")])
        }
    }

    @Test("a handler that fails because it was cancelled is not charged with a failure")
    func cancelledIsNoFailure() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("Sleeper") { _, context in
                journal.note(context.jid)
                do {
                    try await Task.sleep(for: .seconds(100))
                } catch {
                    journal.note("cancelled")
                    throw Boom("wrapped")
                }
            }
            try await probe.enqueue([job("Sleeper", "s")], to: "default")
            try await withWorker(on: probe, [handler], configuration: impatient) { _ in try await journal.wait(for: 1) }
            #expect(journal.entries == ["s", "cancelled"])
            #expect(try await probe.queue("default") == [job("Sleeper", "s")])
            #expect(try await probe.members("retry").isEmpty)
        }
    }

    @Test("a quiet worker takes no more jobs, finishes those that run, and says so to the Web UI")
    func quiet() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await withWorker(on: probe, [.gated(journal, gate)], concurrency: 2) { running in
                try await probe.enqueue([job("Gated", "one")], to: "default")
                try await journal.wait(for: 1)
                running.worker.quiet()
                try await eventually("the UI sees it") { try await probe.hash(running.identity)["quiet"] == "true" }
                try await probe.enqueue([job("Gated", "two")], to: "default")
                gate.open()
                try await eventually("nothing is in flight") { try await probe.inflight().isEmpty }
                try await eventually("the UI sees none running") {
                    try await probe.hash(running.identity)["busy"] == "0"
                }
            }
            #expect(journal.entries == ["one"])
            #expect(try await probe.queue("default").count == 1)
        }
    }

    @Test("a worker told to stop before it runs stops at once")
    func stopBefore() async throws {
        try await withProbe { probe in
            let worker = Worker(
                redis: RedisProbe(probe.client.configuration).client, handlers: HandlerRegistry([]),
                pipelines: [Pipeline("p", queue: "q", concurrency: 1)], configuration: .quick, logger: silent)
            worker.stop()
            try await worker.run()
            #expect(try await probe.set("flume:processes").isEmpty)
        }
    }

    @Test("in a service group a graceful shutdown stops it")
    func serviceGroup() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let client = RedisProbe(probe.client.configuration).client
            let worker = Worker(
                redis: client, handlers: HandlerRegistry([.noting(journal)]),
                pipelines: [Pipeline("p", queue: "default", concurrency: 1)], configuration: .quick, logger: silent)
            let group = ServiceGroup(services: [client, worker], logger: silent)
            try await probe.enqueue([job("Note", "n")], to: "default")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await journal.wait(for: 1)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(try await probe.inflight().isEmpty)
        }
    }

    @Test("a worker can be stopped while Redis does not answer")
    func redisIsGone() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let (journal, gate) = (Journal(), Gate())
            try await probe.enqueue([job("Gated", "g")], to: "default")
            let start = ContinuousClock.now
            try await withWorker(on: probe, [.gated(journal, gate)], configuration: impatient) { _ in
                try await journal.wait(for: 1)
                server.suspend()
            }
            #expect(start.duration(to: .now) < .seconds(20))
            server.resume()
            // Still in flight, and known to be: another process will find it.
            #expect(try await probe.inflight() == [job("Gated", "g")])
            await probe.client.close()
        }
    }
}
