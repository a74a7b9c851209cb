import Flume
import FlumeRedis
import FlumeWorker
import Foundation
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import FlumeHealth

@Suite("The health of a real worker")
struct WorkerHealthTests {
    private static let lasting = HealthLimits(stall: .seconds(30), silence: .seconds(30))

    /// Runs a worker and its endpoint, in the order that is documented.
    private func withWorker(
        on client: RedisClient, limits: HealthLimits = lasting, _ handlers: [Handler] = [],
        pipelines: [Pipeline] = [Pipeline("default", queue: "default", concurrency: 2)],
        _ body: (Worker, HealthAddress) async throws -> Void
    ) async throws {
        let (addresses, continuation) = AsyncStream<HealthAddress>.makeStream()
        let worker = Worker(
            redis: client, handlers: HandlerRegistry(handlers), pipelines: pipelines,
            configuration: quickConfiguration(), logger: silent)
        let health = HealthServer(worker, at: anyPort, limits: limits, logger: silent) { continuation.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: health),
                    .init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            var address: HealthAddress?
            for await first in addresses {
                address = first
                break
            }
            do {
                try await body(worker, try #require(address))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("not ready before it runs, then ready, not when it is quiet, and live until it has stopped")
    func life() async throws {
        try await withProbe { probe in
            let started = Mutex(0)
            let release = Mutex(false)
            let handler = Handler.raw("Wait") { _, _ in
                started.withLock { $0 += 1 }
                while !release.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            }
            let idle = Worker(
                redis: probe.client, handlers: HandlerRegistry([]), pipelines: [], configuration: .init(),
                logger: silent)
            try await withEndpoint(health: { idle.health }) { address in
                #expect(try await HTTPCall.get("/live", at: address).status == 200)
                let answer = try await HTTPCall.get("/ready", at: address)
                #expect(answer.status == 503 && answer.body.contains("worker: it is starting"), "\(answer)")
            }
            try await probe.enqueue([job("Wait", "1")], to: "default")
            try await withWorker(on: probe.client, [handler]) { worker, address in
                try await eventually("/ready", 200, at: address)
                #expect(try await HTTPCall.get("/live", at: address).status == 200)
                try await eventually("the job runs") { started.withLock { $0 } == 1 }
                worker.quiet()
                let quiet = try await eventually("/ready", 503, at: address)
                #expect(quiet.body.contains("worker: it was told to be quiet"), "\(quiet.body)")
                worker.stop()
                let stopping = try await HTTPCall.get("/ready", at: address)
                #expect(stopping.status == 503 && stopping.body.contains("it is stopping"), "\(stopping.body)")
                // While it waits for its job the endpoint answers, and Kubernetes must not kill it.
                #expect(try await HTTPCall.get("/live", at: address).status == 200)
                #expect(try await HTTPCall.get("/metrics", at: address).body.contains("stage=\"stopping\""))
                release.withLock { $0 = true }
            }
            #expect(WorkerHealth(stage: .ended).problems(for: .live).map(\.check) == ["worker"])
        }
    }

    @Test("a graceful shutdown makes it unready at once, and the endpoint answers until the last job has ended")
    func shutdown() async throws {
        try await withProbe { probe in
            let answers = Mutex<[Int]>([])
            let isStarted = Mutex(false)
            let known = Mutex<HealthAddress?>(nil)
            let handler = Handler.raw("Wait") { _, _ in
                isStarted.withLock { $0 = true }
                // Until the shutdown shows, from inside the job it waits for.
                while let address = known.withLock({ $0 }) {
                    let ready = try await HTTPCall.get("/ready", at: address).status
                    guard ready == 503 else { continue }
                    let live = try await HTTPCall.get("/live", at: address).status
                    return answers.withLock { $0 = [ready, live] }
                }
            }
            try await withWorker(on: probe.client, [handler]) { worker, address in
                known.withLock { $0 = address }
                try await eventually("/ready", 200, at: address)
                try await probe.enqueue([job("Wait", "1")], to: "default")
                try await eventually("the job runs") { isStarted.withLock { $0 } }
            }
            #expect(answers.withLock { $0 } == [503, 200])
        }
    }

    @Test("Redis goes silent: not ready soon, not live after the limit, and both again when it is back")
    func silence() async throws {
        try await withRedisServer { server in
            let limits = HealthLimits(stall: .seconds(30), silence: .seconds(2))
            try await withWorker(on: try quickClient(server.url()), limits: limits) { _, address in
                try await eventually("/ready", 200, at: address)
                server.suspend()
                defer { server.resume() }
                let unready = try await eventually("/ready", 503, at: address)
                #expect(unready.body.contains("redis: "), "\(unready.body)")
                let dead = try await eventually("/live", 503, at: address)
                #expect(dead.body.contains("redis: no answer for"), "\(dead.body)")
                #expect(!dead.body.contains("loop"), "\(dead.body)")
                server.resume()
                try await eventually("/live", 200, at: address)
                try await eventually("/ready", 200, at: address)
            }
        }
    }

    @Test("Redis away for less than the limit is no reason to restart, and no loop counts as hanging for it")
    func away() async throws {
        try await withRedisServer { server in
            let limits = HealthLimits(stall: .seconds(5), silence: .seconds(60))
            try await withWorker(on: try quickClient(server.url()), limits: limits) { worker, address in
                try await eventually("/ready", 200, at: address)
                await server.kill()
                try await eventually("/ready", 503, at: address)
                // Longer than a few attempts take.
                for _ in 0..<20 {
                    #expect(try await HTTPCall.get("/live", at: address).status == 200)
                    try await Task.sleep(for: .milliseconds(50))
                }
                try await server.restart()
                try await eventually("/ready", 200, at: address)
                #expect((worker.health.redis?.reconnects ?? 0) > 0)
            }
        }
    }

    @Test("Redis loads its data: not ready, and live however long it takes")
    func loading() async throws {
        try await withRedisServer(["--key-load-delay", "0"]) { server in
            let limits = HealthLimits(stall: .seconds(30), silence: .milliseconds(1500))
            try await withWorker(on: try quickClient(server.url()), limits: limits) { _, address in
                try await eventually("/ready", 200, at: address)
                try server.execute("DEBUG", "POPULATE", "2000")
                // 1 ms for each key of the file: about two seconds of LOADING, more than may pass in silence.
                try server.execute("CONFIG", "SET", "key-load-delay", "1000")
                try server.execute("CONFIG", "SET", "loading-process-events-interval-bytes", "1024")
                async let reload = HTTPCall.onThread { try? server.execute("DEBUG", "RELOAD") }
                let unready = try await eventually("/ready", 503, at: address)
                #expect(unready.body.contains("LOADING") || unready.body.contains("redis: "), "\(unready.body)")
                var checks = 0
                while try await HTTPCall.get("/ready", at: address).status == 503 {
                    let live = try await HTTPCall.get("/live", at: address)
                    #expect(live.status == 200, "\(live.body)")
                    checks += 1
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(checks > 5)
                _ = try await reload
            }
        }
    }

    @Test("a loop that stands still is named, and the endpoint answers all the same")
    func hangingLoop() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let gate = DispatchSemaphore(value: 0)
                defer { gate.signal() }
                let pipeline = Pipeline("stuck", queue: "default", concurrency: 2)
                    .rateLimit(100, per: .seconds(1), key: "tenant") { _ in
                        // What an application must not do: wait, where the worker reads its jobs.
                        gate.wait()
                        gate.signal()
                        return "a"
                    }
                let limits = HealthLimits(stall: .milliseconds(700), silence: .seconds(60))
                try await withWorker(
                    on: probe.client, limits: limits, [.raw("Noop") { _, _ in }], pipelines: [pipeline]
                ) { _, address in
                    try await eventually("/ready", 200, at: address)
                    try await probe.enqueue([job("Noop", "1")], to: "default")
                    let dead = try await eventually("/live", 503, at: address)
                    #expect(dead.body.contains("loop fetch:stuck: has not moved for"), "\(dead.body)")
                    gate.signal()
                    try await eventually("/live", 200, at: address)
                }
            }
        }
    }
}
