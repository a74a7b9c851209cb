import FlumeRedis
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@Suite("The client")
struct RedisClientTests {
    @Test("sends bytes and gets the same bytes back")
    func roundTrip() async throws {
        try await withTestDatabase { database in
            try await withClient(database.url) { client in
                let value = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
                var set = RedisCommand("SET", "key")
                set.append(value)
                #expect(try await client.send(set) == .status("OK"))
                #expect(try await client.send(RedisCommand("GET", "key")).bytes == value)
                #expect(try await client.send(RedisCommand("GET", "nothing")).isNull)
                #expect(try await client.send(RedisCommand("INCRBY", "n", "5")).integer == 5)
                _ = try await client.send(RedisCommand("ZADD", "z", "inf", "a", "1.5", "b"))
                #expect(try await client.send(RedisCommand("ZSCORE", "z", "a")).double == .infinity)
                #expect(try await client.send(RedisCommand("ZSCORE", "z", "b")).double == 1.5)
                #expect(try database.execute("EXISTS", "key") == "1")
            }
        }
    }

    @Test("works over TCP too, in the database of the URL")
    func tcp() async throws {
        let database = try await TestDatabase.take()
        try await withClient(database.server.tcpURL(database: database.number, host: "localhost")) { client in
            _ = try await client.send(RedisCommand("SET", "key", "tcp"))
            #expect(try database.execute("GET", "key") == "tcp")
        }
    }

    @Test("gives each of many concurrent callers its own reply, over one connection")
    func concurrentCallers() async throws {
        try await withTestDatabase { database in
            try await withClient(database.url) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for caller in 0..<64 {
                        group.addTask {
                            for n in 0..<50 {
                                let text = "\(caller)-\(n)"
                                if n.isMultiple(of: 7) {
                                    let both = try await client.send([
                                        RedisCommand("ECHO", text), RedisCommand("NONSENSE"), RedisCommand("ECHO", "x"),
                                    ])
                                    #expect(both[0].string == text)
                                    #expect(both[1].error?.code == .reply)
                                    #expect(both[2].string == "x")
                                } else {
                                    #expect(try await client.send(RedisCommand("ECHO", text)).string == text)
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(client.generation == 1)
            }
        }
    }

    @Test("throws an error reply, with its kind and the server's text")
    func errorReply() async throws {
        try await withTestDatabase { database in
            try await withClient(database.url) { client in
                _ = try await client.send(RedisCommand("SET", "key", "text"))
                let error = await #expect(throws: RedisError.self) {
                    _ = try await client.send(RedisCommand("LPUSH", "key", "x"))
                }
                #expect(error?.code == .reply)
                #expect(error?.serverMessage?.hasPrefix("WRONGTYPE") == true)
            }
        }
    }

    @Test("runs a transaction as a whole, or says why not")
    func transaction() async throws {
        try await withTestDatabase { database in
            try await withClient(database.url) { client in
                let script = RedisScript(name: "answer", source: "return 42")
                let replies = try await client.transaction([
                    RedisCommand("SET", "a", "1"), RedisCommand("LPUSH", "a", "x"), RedisCommand(script, keys: []),
                ])
                #expect(replies[0] == .status("OK"))
                #expect(replies[1].error?.code == .reply)
                #expect(replies[2] == .integer(42))
                let error = await #expect(throws: RedisError.self) {
                    _ = try await client.transaction([RedisCommand("SET", "b", "1"), RedisCommand("NONSENSE")])
                }
                #expect(error?.serverMessage?.contains("unknown command") == true)
                #expect(try await client.send(RedisCommand("EXISTS", "b")).integer == 0)
                #expect(try await client.send([]) == [])
                #expect(try await client.transaction([]) == [])
            }
        }
    }

    @Test("runs a script again after SCRIPT FLUSH without the caller noticing, also in a pipeline")
    func forgottenScript() async throws {
        // SCRIPT FLUSH is for the whole server: not the shared one.
        try await withRedisServer { server in
            try await withClient(server.url()) { client in
                let script = RedisScript(name: "push", source: "return redis.call('RPUSH', KEYS[1], ARGV[1])")
                let key = "list"
                func push(_ value: String) async throws -> Int? {
                    try await client.evaluate(script, keys: [key]) { $0.append(value) }.integer
                }
                #expect(try await push("a") == 1)
                #expect(try await push("b") == 2)
                try server.execute("SCRIPT", "FLUSH")
                #expect(try await push("c") == 3)
                try server.execute("SCRIPT", "FLUSH")
                var command = RedisCommand(script, keys: [key])
                command.append("d")
                let replies = try await client.send([
                    RedisCommand("ECHO", "x"), command, RedisCommand("ECHO", "y"), command,
                ])
                #expect(replies.map(\.string) == ["x", "4", "y", "5"])
                try await server.restart()
                try await eventually("the script runs again") {
                    let code = await outcome { try await push("e") }
                    #expect(code != .noScript)
                    return code == nil
                }
            }
        }
    }

    @Test("throws the error of a script that does not compile or fails")
    func brokenScript() async throws {
        try await withTestDatabase { database in
            try await withClient(database.url) { client in
                for source in ["this is not Lua", "return redis.error_reply('ERR boom')", "error('boom')"] {
                    let script = RedisScript(name: "broken", source: source)
                    let error = await #expect(throws: RedisError.self) {
                        _ = try await client.evaluate(script, keys: [])
                    }
                    #expect(error?.code == .reply)
                }
            }
        }
    }

    @Test("a sibling is another connection with the same settings and its own name")
    func sibling() async throws {
        try await withTestDatabase { database in
            var configuration = try RedisConfiguration(url: database.url)
            configuration.clientName = "flume-test-\(database.number)"
            try await withClient(configuration) { client in
                let sibling = client.sibling(name: "blocking")
                async let popped = sibling.send(Self.blocking("BLPOP", "list", "10"))
                _ = try await client.send(RedisCommand("LPUSH", "list", "x"))
                #expect(try await popped.array?.map(\.string) == ["list", "x"])
                let clients = try database.execute("CLIENT", "LIST")
                #expect(clients.contains("name=flume-test-\(database.number) "))
                #expect(clients.contains("name=flume-test-\(database.number)-blocking "))
                await sibling.close()
                #expect(try await client.send(RedisCommand("PING")).string == "PONG")
            }
        }
    }

    @Test("a client that is closed fails later calls as closed, and does not wait for a blocking command")
    func close() async throws {
        try await withTestDatabase { database in
            let client = RedisClient(try RedisConfiguration(url: database.url), logger: Logger(label: "test"))
            _ = try await client.send(RedisCommand("PING"))
            async let blocked = outcome { try await client.send(Self.blocking("BLPOP", "nothing", "0")) }
            try await eventually("the client is blocked") {
                try database.execute("CLIENT", "LIST").split(separator: "\n").contains {
                    $0.contains(" db=\(database.number) ") && $0.contains("cmd=blpop")
                }
            }
            await client.close()
            #expect(await blocked == .unknownOutcome)
            #expect(await outcome { try await client.send(RedisCommand("PING")) } == .closed)
            #expect(await outcome { try await client.send([RedisCommand("PING")]) } == .closed)
            await client.close()
        }
    }

    @Test("as a service runs until it is cancelled and is closed then")
    func service() async throws {
        try await withTestDatabase { database in
            let client = RedisClient(try RedisConfiguration(url: database.url), logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await client.run() }
                #expect(try await client.send(RedisCommand("PING")).string == "PONG")
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
            #expect(await outcome { try await client.send(RedisCommand("PING")) } == .closed)
        }
    }

    @Test("no time limit is too long for the kernel")
    func longTimeLimits() async throws {
        try await withTestDatabase { database in
            let port = try #require(database.server.port)
            for keepAlive in [Duration.milliseconds(3_000_000_000), .seconds(Int64.max)] {
                let configuration = RedisConfiguration(
                    address: .tcp(host: "127.0.0.1", port: port), keepAlive: keepAlive)
                try await withClient(configuration) { client in
                    let reply = try await client.send(RedisCommand("PING"))
                    #expect(reply.string == "PONG")
                }
            }
        }
    }

    static func blocking(_ name: String, _ arguments: String...) -> RedisCommand {
        var command = RedisCommand(name)
        for argument in arguments { command.append(argument) }
        command.timeout = .seconds(30)
        return command
    }
}

/// The code of the error a call ends with, nil when it succeeds.
func outcome(_ body: () async throws -> some Sendable) async -> RedisError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? RedisError)?.code
    }
}
