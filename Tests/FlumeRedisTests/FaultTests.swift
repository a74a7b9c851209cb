import FlumeRedis
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("A fault of Redis")
struct FaultTests {
    @Test("CLIENT KILL in a loop costs replies, never the client, and is logged once per loss")
    func clientKill() async throws {
        try await withRedisServer { server in
            let recorder = LogRecorder()
            try await withClient(try RedisConfiguration(url: server.url()), logger: recorder.logger) { client in
                let isDone = Flag()
                let succeeded = try await withThrowingTaskGroup(of: Int.self) { group in
                    for caller in 0..<4 {
                        group.addTask {
                            var succeeded = 0
                            while !isDone.isSet {
                                let text = "\(caller)-\(succeeded)"
                                do {
                                    let reply = try await client.send(RedisCommand("ECHO", text))
                                    #expect(reply.string == text)
                                    succeeded += 1
                                } catch {
                                    #expect((error as? RedisError)?.code == .unknownOutcome)
                                }
                            }
                            return succeeded
                        }
                    }
                    for round in 1...10 {
                        let generation = UInt64(round)
                        try await eventually("connection \(round) is there") { client.generation >= generation }
                        try server.execute("CLIENT", "KILL", "TYPE", "normal")
                    }
                    try await eventually("the last connection is there") { client.generation >= 11 }
                    isDone.set()
                    return try await group.reduce(0, +)
                }
                #expect(succeeded > 0)
                #expect(try await client.send(RedisCommand("PING")).string == "PONG")
                let generation = Int(client.generation)
                #expect(recorder.all.count { $0.contains("lost") } == generation - 1)
                #expect(recorder.all.count { $0.contains("restored") } == generation - 1)
                #expect(try server.execute("CLIENT", "LIST").split(separator: "\n").count == 2)
            }
        }
    }

    @Test(
        "a server that stops answering: written commands fail as unknown outcome at the deadline, others as timed out")
    func suspended() async throws {
        try await withRedisServer { server in
            var configuration = try RedisConfiguration(url: server.url())
            configuration.commandTimeout = .milliseconds(150)
            configuration.connectTimeout = .milliseconds(300)
            try await withClient(configuration) { client in
                try await eventually("it is connected") {
                    await outcome { try await client.send(RedisCommand("PING")) } == nil
                }
                server.suspend()
                let start = ContinuousClock.now
                #expect(await outcome { try await client.send(RedisCommand("SET", "a", "1")) } == .unknownOutcome)
                #expect(ContinuousClock.now - start < .seconds(3))
                #expect(await outcome { try await client.send(RedisCommand("SET", "b", "1")) } == .timedOut)
                server.resume()
                try await eventually("it answers again") {
                    await outcome { try await client.send(RedisCommand("SET", "c", "1")) } == nil
                }
                // What was never written was never executed.
                #expect(try server.execute("EXISTS", "b") == "0")
            }
        }
    }

    @Test("an idle connection that has died is noticed by its PING")
    func keepAlive() async throws {
        try await withRedisServer { server in
            var configuration = try RedisConfiguration(url: server.url())
            configuration.keepAlive = .milliseconds(30)
            configuration.commandTimeout = .milliseconds(500)
            let recorder = LogRecorder()
            try await withClient(configuration, logger: recorder.logger) { client in
                try await eventually("it is connected") {
                    await outcome { try await client.send(RedisCommand("PING")) } == nil
                }
                let pings = try server.execute("INFO", "commandstats")
                try await eventually("idle PINGs are sent") { try server.execute("INFO", "commandstats") != pings }
                let generation = client.generation
                let losses = { recorder.all.count { $0.contains("lost") } }
                let before = losses()
                server.suspend()
                try await eventually("the loss is noticed") { losses() > before }
                server.resume()
                try await eventually("it has connected anew, unasked") { client.generation > generation }
            }
        }
    }

    @Test("a restart: callers wait for the connection within their deadline")
    func restart() async throws {
        try await withRedisServer { server in
            try await withClient(server.url()) { client in
                _ = try await client.send(RedisCommand("PING"))
                await server.kill()
                try await eventually("the loss is noticed") {
                    await outcome {
                        var command = RedisCommand("PING")
                        command.timeout = .milliseconds(30)
                        return try await client.send(command)
                    } == .timedOut
                }
                async let waiting = client.send(RedisCommand("PING"))
                try await server.restart()
                #expect(try await waiting.string == "PONG")
                #expect(client.generation == 2)
            }
        }
    }

    @Test("nobody listens: the command times out with the reason, and nothing was sent")
    func nobody() async throws {
        let recorder = LogRecorder()
        let port = try RedisServer.freePort()
        var configuration = try RedisConfiguration(url: "redis://:secret@127.0.0.1:\(port)")
        configuration.commandTimeout = .milliseconds(200)
        try await withClient(configuration, logger: recorder.logger) { client in
            let error = await #expect(throws: RedisError.self) { _ = try await client.send(RedisCommand("PING")) }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("nobody listens there") == true)
            #expect(error?.isRetriable == true)
        }
        #expect(recorder.all.count == 1)
        #expect(!recorder.all.joined().contains("secret"))
    }

    @Test("out of memory: writes are refused as such, reads and deletions go on")
    func outOfMemory() async throws {
        try await withRedisServer { server in
            try await withClient(server.url()) { client in
                _ = try await client.send(RedisCommand("RPUSH", "list", "a", "b"))
                let script = RedisScript(name: "write", source: "return redis.call('SET', KEYS[1], 'x')")
                _ = try await client.evaluate(script, keys: ["k"])
                try server.execute("CONFIG", "SET", "maxmemory", "1")
                #expect(await outcome { try await client.send(RedisCommand("SET", "a", "1")) } == .refused)
                #expect(await outcome { try await client.evaluate(script, keys: ["k"]) } == .refused)
                let transaction = await outcome { try await client.transaction([RedisCommand("LPUSH", "list", "c")]) }
                #expect(transaction == .refused)
                #expect(try await client.send(RedisCommand("LPOP", "list")).string == "a")
                try server.execute("CONFIG", "SET", "maxmemory", "0")
                #expect(try await client.send(RedisCommand("SET", "a", "1")) == .status("OK"))
            }
        }
    }

    @Test("loading its data: callers wait as they wait for a connection")
    func loading() async throws {
        try await withRedisServer(["--key-load-delay", "0"]) { server in
            for _ in 0..<10 { try server.execute("DEBUG", "POPULATE", "100", "k\(UInt32.random(in: 0...9999))") }
            try await withClient(server.url()) { client in
                _ = try await client.send(RedisCommand("PING"))
                try server.execute("SAVE")
                // 1 ms per key from the file: about a second of LOADING.
                try server.execute("CONFIG", "SET", "key-load-delay", "1000")
                try server.execute("CONFIG", "SET", "loading-process-events-interval-bytes", "1024")
                async let reloaded = reload(server)
                try await eventually("it is loading") {
                    do {
                        try server.execute("GET", "x")
                        return false
                    } catch let error as TestSupportError { return error.description.hasPrefix("LOADING") }
                }
                #expect(await outcome { try await client.send(RedisCommand("GET", "x")) } == .loading)
                var patient = try RedisConfiguration(url: server.url())
                patient.commandTimeout = .seconds(30)
                try await withClient(patient) { another in
                    let pong = try await another.send(RedisCommand("PING"))
                    #expect(pong.string == "PONG")
                }
                #expect(await reloaded)
            }
        }
    }

    @Test("UNBLOCKED by an operator is an error of its own kind")
    func unblocked() async throws {
        try await withRedisServer { server in
            try await withClient(server.url()) { client in
                let identifier = try await client.send(RedisCommand("CLIENT", "ID")).string ?? ""
                async let result = outcome { try await client.send(RedisClientTests.blocking("BLPOP", "nothing", "0")) }
                try await eventually("the client is unblocked") {
                    try server.execute("CLIENT", "UNBLOCK", identifier, "ERROR") == "1"
                }
                #expect(await result == .unblocked)
            }
        }
    }

    @Test("a primary that becomes a replica: READONLY, then a new connection")
    func readOnly() async throws {
        try await withRedisServer { server in
            try await withClient(server.url()) { client in
                _ = try await client.send(RedisCommand("PING"))
                try server.execute("REPLICAOF", "127.0.0.1", "1")
                #expect(await outcome { try await client.send(RedisCommand("SET", "a", "1")) } == .readOnly)
                try server.execute("REPLICAOF", "NO", "ONE")
                try await eventually("there is another connection") { client.generation == 2 }
                #expect(try await client.send(RedisCommand("SET", "a", "1")) == .status("OK"))
            }
        }
    }
}

/// Loads the data again from the file, with the delay that was set; the call is cut off by its own timeout or returns.
private func reload(_ server: RedisServer) async -> Bool {
    await withCheckedContinuation { continuation in
        // Blocks: not on a thread of the pool.
        Thread.detachNewThread {
            continuation.resume(returning: (try? server.execute("DEBUG", "RELOAD", "NOSAVE")) != nil)
        }
    }
}

final class Flag: Sendable {
    private let state = Atomic<Bool>(false)
    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}
