import TestSupport

/// A primary, a replica, and three Sentinels that watch them.
struct SentinelGroup {
    /// The primary at the beginning; whoever made it stops it.
    let first: RedisServer
    let second: RedisServer
    let sentinels: [RedisServer]

    var url: String {
        "redis+sentinel://" + sentinels.map { "127.0.0.1:\($0.port ?? 0)" }.joined(separator: ",") + "/main/0"
    }

    /// Starts the others around a server that listens on TCP.
    ///
    /// - Parameters:
    ///   - primary: the server.
    ///   - downAfter: how long it may be silent before it counts as down.
    /// - Returns: the group, once all know each other.
    /// - Throws: ``TestSupportError`` when they do not find each other.
    static func start(with primary: RedisServer, downAfter: Duration) async throws -> SentinelGroup {
        let port = "\(primary.port ?? 0)"
        let replica = try await RedisServer.start(["--replicaof", "127.0.0.1 \(port)"], tcp: true)
        // Before the Sentinels come: they look for new replicas every ten seconds only.
        try await eventually("the replica is in step", timeout: .seconds(30)) {
            try primary.execute("INFO", "replication").contains("state=online")
        }
        var sentinels: [RedisServer] = []
        for _ in 0..<3 {
            let sentinel = try await RedisServer.start(tcp: true, sentinel: true)
            try sentinel.execute("SENTINEL", "MONITOR", "main", "127.0.0.1", port, "2")
            try sentinel.execute(
                "SENTINEL", "SET", "main", "down-after-milliseconds", "\(Int(downAfter / .milliseconds(1)))")
            try sentinel.execute("SENTINEL", "SET", "main", "failover-timeout", "3000")
            sentinels.append(sentinel)
        }
        let group = SentinelGroup(first: primary, second: replica, sentinels: sentinels)
        try await eventually("primary, replica and Sentinels know each other", timeout: .seconds(60)) {
            try sentinels.allSatisfy { sentinel in
                let lines = try sentinel.execute("SENTINEL", "MASTER", "main").split(separator: "\n")
                func field(_ name: Substring) -> Substring? { lines.firstIndex(of: name).map { lines[$0 + 1] } }
                let replicas = try sentinel.execute("SENTINEL", "REPLICAS", "main")
                return field("num-other-sentinels") == "2" && field("num-slaves") == "1" && field("flags") == "master"
                    && replicas.contains("master-link-status\nok") && replicas.contains("flags\nslave\n")
            }
        }
        return group
    }

    /// Whether a Sentinel says that this one is the primary.
    ///
    /// - Throws: ``TestSupportError`` when they do not answer.
    func name(_ server: RedisServer) throws -> Bool {
        try sentinels.contains { sentinel in
            try sentinel.execute("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main").hasSuffix("\n\(server.port ?? 0)")
        }
    }

    /// Stops all but the first server.
    func stop() async {
        for server in sentinels + [second] { await server.stop() }
    }
}
