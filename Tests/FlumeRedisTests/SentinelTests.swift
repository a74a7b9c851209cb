import FlumeRedis
import Foundation
import TestSupport
import Testing

@Suite("Sentinel")
struct SentinelTests {
    @Test("the client follows the primary through a polite failover")
    func politeFailover() async throws {
        let group = try await SentinelGroup.start()
        var configuration = try RedisConfiguration(url: group.url)
        configuration.commandTimeout = .seconds(20)
        try await withClient(configuration) { client in
            try await client.checkServer()
            _ = try await client.send(RedisCommand("SET", "key", "1"))
            let primary = try group.primaryPort()
            try group.sentinels[0].execute("SENTINEL", "FAILOVER", "main")
            try await eventually("writes go to the other server", timeout: .seconds(30)) {
                let code = await outcome { try await client.send(RedisCommand("SET", "key", "2")) }
                // Nothing but faults that say "it was not executed" or "unknown".
                #expect(code == nil || code == .readOnly || code == .unknownOutcome || code == .timedOut)
                return code == nil && group.isPrimary(primary) == false
            }
            let other = group.servers.first { $0.port != primary }
            #expect(try other?.execute("GET", "key") == "2")
        }
        await group.stop()
    }

    @Test("the client and its siblings leave a primary that was replaced before Sentinel makes a replica of it")
    func leavesEarly() async throws {
        let group = try await SentinelGroup.start()
        try await withClient(RedisConfiguration(url: group.url)) { client in
            let sibling = client.sibling(name: "other")
            for each in [client, sibling] { _ = try await each.send(RedisCommand("PING")) }
            try group.sentinels[0].execute("SENTINEL", "FAILOVER", "main")
            try await eventually("writes of both go to the other server", timeout: .seconds(9)) {
                _ = try await client.send(RedisCommand("SET", "key", "a"))
                _ = try await sibling.send(RedisCommand("SET", "key2", "b"))
                let keys = try group.servers[1].execute("MGET", "key", "key2")
                return try group.servers[1].execute("ROLE").hasPrefix("master") && keys == "a\nb"
            }
            // Nobody has hung up on them.
            #expect(try group.servers[0].execute("ROLE").hasPrefix("master"))
            await sibling.close()
        }
        await group.stop()
    }

    @Test("Sentinels that name one primary differently make nobody connect anew again and again")
    func twoNames() async throws {
        let server = try await RedisServer.start(["--bind", "127.0.0.1 127.0.0.2"], tcp: true)
        var sentinels: [RedisServer] = []
        for host in ["127.0.0.1", "127.0.0.2"] {
            let sentinel = try await RedisServer.start(tcp: true, sentinel: true)
            try sentinel.execute("SENTINEL", "MONITOR", "main", host, "\(server.port ?? 0)", "2")
            sentinels.append(sentinel)
        }
        let endpoints = sentinels.map { RedisSentinel.Endpoint(host: "127.0.0.1", port: $0.port ?? 0) }
        var configuration = try RedisConfiguration(url: "redis://127.0.0.1")
        configuration.address = .sentinel(RedisSentinel(endpoints: endpoints, primaryName: "main"))
        configuration.connectTimeout = .seconds(2)
        try await withClient(configuration) { client in
            _ = try await client.send(RedisCommand("PING"))
            let sibling = client.sibling(name: "other")
            // It hears of the primary from the other Sentinel.
            sentinels[0].suspend()
            _ = try await sibling.send(RedisCommand("PING"))
            sentinels[0].resume()
            // Each question has a connection of its own, and so has each look at how many there were.
            var looks = 0
            func questions() throws -> Int {
                let connections = try sentinels.map { sentinel in
                    let lines = try sentinel.execute("INFO", "stats").split(whereSeparator: \.isNewline)
                    let line = lines.first { $0.hasPrefix("total_connections_received:") } ?? ""
                    return line.split(separator: ":").last.flatMap { Int($0) } ?? 0
                }
                looks += sentinels.count
                return connections.reduce(-looks, +)
            }
            // Each of the two may change over once.
            let asked = try questions()
            try await eventually("they have asked again", timeout: .seconds(30)) { try questions() >= asked + 5 }
            let settled = (client.generation, sibling.generation, try questions())
            try await eventually("and again", timeout: .seconds(30)) { try questions() >= settled.2 + 5 }
            #expect(client.generation == settled.0 && sibling.generation == settled.1)
            #expect(client.generation <= 2 && sibling.generation <= 2)
            await sibling.close()
        }
        for process in sentinels + [server] { await process.stop() }
    }

    @Test("the client follows the primary when the old one is killed")
    func killedPrimary() async throws {
        let group = try await SentinelGroup.start()
        var configuration = try RedisConfiguration(url: group.url)
        configuration.commandTimeout = .seconds(20)
        try await withClient(configuration) { client in
            _ = try await client.send(RedisCommand("SET", "key", "1"))
            await group.servers[0].kill()
            try await eventually("writes go to the other server", timeout: .seconds(30)) {
                await outcome { try await client.send(RedisCommand("SET", "key", "2")) } == nil
            }
            #expect(try group.servers[1].execute("GET", "key") == "2")
        }
        await group.stop()
    }

    @Test("a Sentinel that is down or hangs is passed over; an unknown name is said in plain words")
    func sentinelsDown() async throws {
        let group = try await SentinelGroup.start()
        await group.sentinels[0].kill()
        group.sentinels[1].suspend()
        var configuration = try RedisConfiguration(url: group.url)
        configuration.connectTimeout = .seconds(2)
        try await withClient(configuration) { client in
            try await client.checkServer()
            let pong = try await client.send(RedisCommand("PING"))
            #expect(pong.string == "PONG")
        }
        group.sentinels[1].resume()
        try await withClient(group.url.replacingOccurrences(of: "/main", with: "/nonsense")) { client in
            let error = await #expect(throws: RedisError.self) { try await client.checkServer() }
            #expect(error?.message.contains("nonsense") == true)
            #expect(error?.message.contains("does not watch") == true)
        }
        await group.stop()
    }
}

/// A primary, a replica and three Sentinels.
private struct SentinelGroup {
    let servers: [RedisServer]
    let sentinels: [RedisServer]

    var url: String {
        "redis+sentinel://" + sentinels.map { "127.0.0.1:\($0.port ?? 0)" }.joined(separator: ",") + "/main/0"
    }

    static func start() async throws -> SentinelGroup {
        let primary = try await RedisServer.start(tcp: true)
        let port = "\(primary.port ?? 0)"
        let replica = try await RedisServer.start(["--replicaof", "127.0.0.1 \(port)"], tcp: true)
        // Before the Sentinels come: they look for new replicas every ten seconds only.
        try await eventually("the replica is in step") {
            try primary.execute("INFO", "replication").contains("state=online")
        }
        var sentinels: [RedisServer] = []
        for _ in 0..<3 {
            let sentinel = try await RedisServer.start(tcp: true, sentinel: true)
            try sentinel.execute("SENTINEL", "MONITOR", "main", "127.0.0.1", port, "2")
            try sentinel.execute("SENTINEL", "SET", "main", "down-after-milliseconds", "500")
            try sentinel.execute("SENTINEL", "SET", "main", "failover-timeout", "3000")
            sentinels.append(sentinel)
        }
        let group = SentinelGroup(servers: [primary, replica], sentinels: sentinels)
        try await group.waitUntilReady()
        return group
    }

    func primaryPort() throws -> Int {
        let answer = try sentinels[2].execute("SENTINEL", "get-master-addr-by-name", "main")
        return answer.split(separator: "\n").last.flatMap { Int($0) } ?? 0
    }

    func isPrimary(_ port: Int) -> Bool? { try? primaryPort() == port }

    func server(port: Int) -> RedisServer? { servers.first { $0.port == port } }

    /// All Sentinels know each other and a healthy replica, without which they cannot fail over.
    func waitUntilReady() async throws {
        try await eventually("primary, replica and Sentinels know each other", timeout: .seconds(30)) {
            try sentinels.allSatisfy { sentinel in
                let lines = try sentinel.execute("SENTINEL", "MASTER", "main").split(separator: "\n")
                func field(_ name: Substring) -> Substring? {
                    lines.firstIndex(of: name).map { lines[$0 + 1] }
                }
                let replicas = try sentinel.execute("SENTINEL", "REPLICAS", "main")
                return field("num-other-sentinels") == "2" && field("num-slaves") == "1" && field("flags") == "master"
                    && replicas.contains("master-link-status\nok") && replicas.contains("flags\nslave\n")
            }
        }
    }

    func stop() async {
        for server in servers + sentinels { await server.stop() }
    }
}
