import FlumeRedis
import Logging
import TestSupport
import Testing

@Suite("The check at boot")
struct CheckServerTests {
    private func check(_ url: String, timeout: Duration = .seconds(5)) async throws -> RedisError? {
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = timeout
        return try await withClient(configuration) { client in
            do {
                try await client.checkServer()
                return nil
            } catch { return error as? RedisError }
        }
    }

    @Test("passes for a plain server, with and without a password, user and database")
    func good() async throws {
        let shared = try await TestDatabase.take()
        #expect(try await check(shared.url) == nil)
        #expect(try await check(shared.server.tcpURL(database: 3)) == nil)
        try await withRedisServer(password: "geheim") { server in
            #expect(try await check(server.url(database: 15)) == nil)
            try server.execute("ACL", "SETUSER", "app", "on", ">p@ss", "~*", "+@all", "-@admin", "-@dangerous")
            #expect(try await check("unix://app:p%40ss@\(server.socketPath)?db=2&client_name=x") == nil)
        }
    }

    @Test("says what is wrong and what to do, and repeats no password")
    func wrong() async throws {
        try await withRedisServer(tcp: true, password: "geheim") { server in
            let port = server.port ?? 0
            let cases: [(String, RedisError.Code, String)] = [
                ("redis://127.0.0.1:\(port)", .configuration, "asks for a password"),
                ("redis://:falsch@127.0.0.1:\(port)", .configuration, "refuses the user name or the password"),
                ("redis://nobody:falsch@127.0.0.1:\(port)", .configuration, "refuses the user name or the password"),
                ("redis://:geheim@127.0.0.1:\(port)/16", .configuration, "does not have the database"),
                ("redis://127.0.0.1:\(try RedisServer.freePort())", .connectionClosed, "nobody listens there"),
                ("redis://no-such-host.invalid", .connectionClosed, "cannot find the host"),
                ("unix:///tmp/no/such/socket", .connectionClosed, "no such socket"),
            ]
            for (url, code, text) in cases {
                let error = try await check(url)
                #expect(error?.code == code, "\(text): \(String(describing: error))")
                #expect(error?.message.contains(text) == true, "\(String(describing: error))")
                #expect(error?.message.contains("falsch") == false)
                #expect(error?.message.contains("geheim") == false)
            }
        }
        try await withRedisServer { server in
            let error = try await check("unix://:geheim@\(server.socketPath)")
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("geheim") == false)
        }
    }

    @Test("tells how the server makes room, as far as it may be known")
    func eviction() async throws {
        try await withRedisServer { server in
            try await withClient(server.url()) { client in
                #expect(try await client.checkServer().evictionPolicy == "noeviction")
                #expect(try await client.checkServer().evicted == nil)
                try server.execute("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
                #expect(try await client.checkServer().evicted == .anyKeys)
                try server.execute("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
                #expect(try await client.checkServer().evicted == .expiringKeys)
            }
            try server.execute("ACL", "SETUSER", "app", "on", ">app", "~*", "+@all", "-info")
            let facts = try await withClient("unix://app:app@\(server.socketPath)") { try await $0.checkServer() }
            #expect(facts.evictionPolicy == nil)
        }
    }

    @Test("refuses a replica, a cluster node, and a Sentinel")
    func wrongKind() async throws {
        try await withRedisServer { server in
            try server.execute("REPLICAOF", "127.0.0.1", "1")
            let error = try await check(server.url())
            #expect(error?.code == .readOnly)
            #expect(error?.message.contains("127.0.0.1:1") == true)
        }
        try await withRedisServer(["--cluster-enabled", "yes"], tcp: true) { server in
            let error = try await check(server.url())
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("Redis Cluster") == true)
            _ = try await withClient(server.url()) { try await $0.checkServer(allowsCluster: true) }
        }
        let sentinel = try await RedisServer.start(tcp: true, sentinel: true)
        let error = try await check(sentinel.url())
        #expect(error?.message.contains("redis+sentinel://") == true, "\(String(describing: error))")
        await sentinel.stop()
    }

    @Test("gives up after the time for one attempt when nobody answers")
    func silence() async throws {
        try await withRedisServer { server in
            server.suspend()
            let error = try await check(server.url(), timeout: .milliseconds(100))
            #expect(error?.code == .connectionClosed)
            server.resume()
        }
    }

    @Test("at run time a wrong password fails commands at once and is not retried in a hot loop")
    func wrongPasswordAtRunTime() async throws {
        try await withRedisServer(password: "geheim") { server in
            try await withClient("unix://:falsch@\(server.socketPath)") { client in
                let error = await #expect(throws: RedisError.self) { _ = try await client.send(RedisCommand("PING")) }
                #expect(error?.code == .configuration)
            }
        }
    }
}
