import FlumeRedis
import Foundation
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@Suite("The event loop")
struct EventLoopIndependenceTests {
    @Test("serves an actor that lives on it while handlers spin on every thread of the cooperative pool")
    func spinningHandlers() async throws {
        let server = try await RedisServer.start(tcp: true)
        let client = RedisClient(
            try RedisConfiguration(url: server.tcpURL(host: "localhost")), logger: Logger(label: "test"))
        _ = try await client.send(RedisCommand("PING"))
        let renewer = Renewer(client)
        let pool = Pool()
        await withTaskGroup { group in
            group.addTask { await renewer.run(whileBlocked: pool) }
            // Its first step is on the pool: let it get to the event loop before the pool is blocked.
            while !pool.mayBeBlocked { await Task.yield() }
            for _ in 0..<Pool.spinners { group.addTask { pool.spin() } }
        }
        #expect(await renewer.renewals == 300)
        #expect(await renewer.reconnected)
        let wasBlocked = pool.wasBlockedUntilTheEnd
        #expect(wasBlocked)
        await client.close()
        await server.stop()
    }
}

/// Keeps the threads of the cooperative pool busy.
private final class Pool: Sendable {
    /// More than the pool has threads: it may start another one when it sees fit.
    static let spinners = 4 * ProcessInfo.processInfo.activeProcessorCount
    private let isWanted = Atomic<Bool>(false)
    private let spinning = Atomic<Int>(0)
    private let isDone = Atomic<Bool>(false)
    private let probeHasRun = Atomic<Bool>(false)
    private let wasFree = Atomic<Bool>(false)

    var mayBeBlocked: Bool { isWanted.load(ordering: .relaxed) }
    /// Whether every thread spins: the pool has as many as the machine has processors.
    var isBlocked: Bool { spinning.load(ordering: .relaxed) >= ProcessInfo.processInfo.activeProcessorCount }
    /// Whether a task that was created behind the spinning ones had to wait until the end.
    var wasBlockedUntilTheEnd: Bool { !wasFree.load(ordering: .relaxed) }

    func allowBlocking() { isWanted.store(true, ordering: .relaxed) }

    func spin() {
        spinning.add(1, ordering: .relaxed)
        let deadline = ContinuousClock.now + .seconds(20)
        while !isDone.load(ordering: .relaxed), ContinuousClock.now < deadline {}
    }

    /// Whether a thread was left for the probe.
    var hasRunProbe: Bool { probeHasRun.load(ordering: .relaxed) }

    func probe() {
        probeHasRun.store(false, ordering: .relaxed)
        Task { @concurrent in probeHasRun.store(true, ordering: .relaxed) }
    }

    func spinMore() {
        for _ in 0..<Self.spinners { Task { @concurrent in spin() } }
    }

    func release() {
        wasFree.store(hasRunProbe, ordering: .relaxed)
        isDone.store(true, ordering: .relaxed)
    }
}

/// Renews a lease as the worker does: an actor whose executor is the client's event loop.
private actor Renewer {
    private let client: RedisClient
    private let executor: any SerialExecutor
    private(set) var renewals = 0
    private(set) var reconnected = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ client: RedisClient) {
        self.client = client
        executor = client.eventLoop.executor
    }

    func run(whileBlocked pool: Pool) async {
        let generation = client.generation
        pool.allowBlocking()
        // Counts only from when no thread of the pool is left. How many threads it starts is its own affair: one that
        // runs the probe is given something to spin on as well.
        while !pool.isBlocked { _ = try? await client.send(RedisCommand("PING")) }
        pool.probe()
        while renewals < 300 {
            if pool.hasRunProbe {
                renewals = 0
                pool.spinMore()
                pool.probe()
            }
            do {
                _ = try await client.send(RedisCommand("INCR", "renewals"))
                renewals += 1
                if renewals == 10 {
                    // Ends this very connection: neither looking up the host nor reconnecting must need the pool.
                    _ = try await client.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"))
                }
            } catch {
                #expect(error.code == .unknownOutcome)
            }
        }
        reconnected = client.generation > generation
        pool.release()
    }
}
