import FlumeRedis
import TestSupport
import Testing

@Suite("A connection through a broken network")
struct CutReplyTests {
    @Test("that is cut at any byte of a reply gives unknown outcome, and the next command works")
    func cutAnywhere() async throws {
        try await withRedisServer { server in
            let proxy = try FaultProxy(to: server)
            let fields = (0..<20).map { "value \($0)" }
            try server.execute("RPUSH", "list", fields.joined(separator: ","), "x", "y")
            try await withClient(proxy.url()) { client in
                let whole = try await client.send(RedisCommand("LRANGE", "list", "0", "-1"))
                // "*3\r\n$…": every cut from "nothing of the reply" to "all but its last byte".
                let length = 4 + 6 + (whole.array?.first?.bytes?.count ?? 0) + 2 + 7 + 7
                for bytes in 0..<length {
                    proxy.cutReplies(after: bytes)
                    let code = await outcome { try await client.send(RedisCommand("LRANGE", "list", "0", "-1")) }
                    #expect(code == .unknownOutcome, "after \(bytes) bytes")
                    proxy.cutReplies(after: nil)
                    #expect(try await client.send(RedisCommand("LRANGE", "list", "0", "-1")) == whole)
                }
            }
            #expect(proxy.cuts >= 190)
            proxy.close()
        }
    }

    @Test("that swallows everything is given up at the deadline, and works again when it is healed")
    func blackHole() async throws {
        try await withRedisServer { server in
            let proxy = try FaultProxy(to: server)
            var configuration = try RedisConfiguration(url: proxy.url())
            configuration.commandTimeout = .milliseconds(100)
            configuration.connectTimeout = .milliseconds(100)
            try await withClient(configuration) { client in
                try await eventually("it is connected") {
                    await outcome { try await client.send(RedisCommand("PING")) } == nil
                }
                proxy.setSilent(true)
                #expect(await outcome { try await client.send(RedisCommand("INCR", "n")) } == .unknownOutcome)
                #expect(await outcome { try await client.send(RedisCommand("INCR", "n")) } == .timedOut)
                proxy.setSilent(false)
                try await eventually("it works again") {
                    await outcome { try await client.send(RedisCommand("PING")) } == nil
                }
                #expect(try await client.send(RedisCommand("GET", "n")).isNull)
            }
            proxy.close()
        }
    }
}
