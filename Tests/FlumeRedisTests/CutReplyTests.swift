import FlumeRedis
import TestSupport
import Testing

@Suite("A connection through a broken network")
struct CutReplyTests {
    @Test("that is cut at any byte of a reply gives unknown outcome, and the next command works")
    func cutAnywhere() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server)
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

    @Test("that holds everything is given up at the deadline; once healed it works again, and what was sent comes late")
    func blackHole() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server)
            var configuration = try RedisConfiguration(url: proxy.url())
            configuration.commandTimeout = .milliseconds(100)
            configuration.connectTimeout = .milliseconds(100)
            try await withClient(configuration) { client in
                try await eventually("it is connected") {
                    await outcome { try await client.send(RedisCommand("PING")) } == nil
                }
                proxy.stall()
                #expect(await outcome { try await client.send(RedisCommand("INCR", "n")) } == .unknownOutcome)
                #expect(await outcome { try await client.send(RedisCommand("INCR", "n")) } == .timedOut)
                proxy.unstall()
                try await eventually("it works again") {
                    await outcome { try await client.send(RedisCommand("PING")) } == nil
                }
                // The first was on its way; the second was not sent, because no connection could be made.
                try await eventually("the first arrives") {
                    try await client.send(RedisCommand("GET", "n")).string == "1"
                }
            }
            proxy.close()
        }
    }
}
