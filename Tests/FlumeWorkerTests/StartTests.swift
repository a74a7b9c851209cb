import Flume
import FlumeRedis
import FlumeWorker
import InMemoryLogging
import Logging
import TestSupport
import Testing

@Suite("Starting on a Redis that is not ready")
struct StartTests {
    @Test("a worker waits while Redis loads its data, and then runs what is there")
    func loading() async throws {
        // Each key takes 2 ms to load, and after each kilobyte Redis answers that it is loading.
        let slow = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"]
        try await withRedisServer(slow) { server in
            try server.execute("LPUSH", "queue:default", job("Note", "n"))
            try server.execute(
                "EVAL", "for i = 1, 1500 do redis.call('SET', 'filler' .. i, string.rep('x', 100)) end", "0")
            try server.execute("SAVE")
            try await server.restart()
            let (journal, troubles) = (Journal(), Journal())
            let configuration = WorkerConfiguration.quick
            let observation = configuration.events.observe { event in
                if case .connectionLost(what: "start", let error) = event { troubles.note(error) }
            }
            defer { observation.cancel() }
            let probe = try RedisProbe(url: server.url())
            try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                try await journal.wait(for: 1)
            }
            #expect(troubles.count == 1 && troubles.entries.allSatisfy { $0.contains("loading its data") })
            await probe.client.close()
        }
    }

    @Test("a worker that is told to stop while it waits for Redis ends")
    func stopped() async throws {
        try await withRedisServer { server in
            try server.execute("CONFIG", "SET", "busy-reply-threshold", "10")
            let busy = Task.detached { try? server.execute("EVAL", "while true do end", "0") }
            let probe = try RedisProbe(url: server.url())
            try await eventually("Redis is busy") {
                do {
                    try server.execute("PING")
                    return false
                } catch let error as TestSupportError { return error.description.hasPrefix("BUSY") }
            }
            let worker = Worker(
                redis: probe.client, handlers: HandlerRegistry([]),
                pipelines: [Pipeline("p", queue: "q", concurrency: 1)], configuration: .quick, logger: silent)
            let waits = Journal()
            let observation = worker.configuration.events.observe { event in
                if case .connectionLost(what: "start", _) = event {
                    waits.note("waits")
                    worker.stop()
                }
            }
            defer { observation.cancel() }
            try await worker.run()
            #expect(waits.entries == ["waits"])
            try server.execute("SCRIPT", "KILL")
            _ = await busy.value
            await probe.client.close()
        }
    }

    @Test(
        "a worker says once of a Redis that deletes keys what that means, and runs jobs all the same",
        arguments: [
            ("noeviction", nil), ("allkeys-lru", "may delete jobs"), ("volatile-lru", "jobs run twice then"),
        ] as [(String, String?)])
    func eviction(policy: String, warning: String?) async throws {
        try await withRedisServer { server in
            try server.execute("CONFIG", "SET", "maxmemory-policy", policy)
            let (journal, logs) = (Journal(), InMemoryLogHandler())
            let probe = try RedisProbe(url: server.url())
            let logger = Logger(label: "test") { _ in logs }
            try await withWorker(on: probe, [.noting(journal)], logger: logger) { _ in
                try server.execute("LPUSH", "queue:default", job("Note", "n"))
                try await journal.wait(for: 1)
            }
            let told = logs.entries.filter { $0.level == .warning }
            #expect(told.count == (warning == nil ? 0 : 1), "\(told)")
            #expect(told.first.map { $0.message.description.contains(warning ?? "") } ?? true)
            #expect(told.first.map { $0.metadata["flume.reason"] == "\(policy)" } ?? true)
            #expect(told.first.map { $0.message.description.contains("noeviction") } ?? true)
            await probe.client.close()
        }
    }
}
