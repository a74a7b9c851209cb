import NIOCore

extension RedisClient {
    /// Checks at boot that this is a server Flume can work with; for a connection of its own, tried once.
    ///
    /// - Parameter allowsCluster: Whether a node of a Redis Cluster will do, because all keys are on it: they
    ///   have a hash tag.
    /// - Returns: What the server is not refused for, and its operator should know.
    /// - Throws: ``RedisError`` with one sentence that says what to do: nobody answers, wrong password, user or
    ///   database, a replica instead of the primary, a cluster node, a version that is too old.
    @discardableResult
    public func checkServer(allowsCluster: Bool = false) async throws(RedisError) -> RedisServerFacts {
        var handshake = Handshake(configuration)
        let commands =
            handshake.commands + [
                RedisCommand("ROLE"), RedisCommand("INFO", "server"), RedisCommand("INFO", "cluster"),
                RedisCommand("INFO", "memory"),
            ]
        let replies: [RedisReply]
        do {
            let dialer = dialer
            let eventLoop = eventLoop
            let patience = configuration.connectTimeout
            replies = try await dialer.serverAddress(on: eventLoop).flatMap { address in
                dialer.exchange(commands, with: address, patience: patience, on: eventLoop)
            }.get()
        } catch {
            throw RedisError(connecting: error, to: "\(configuration.address)")
        }
        for reply in replies.prefix(handshake.commands.count) {
            if case .failed(let error) = handshake.received(reply) { throw error }
        }
        let facts = replies.suffix(commands.count - handshake.commands.count).map { $0 }
        try Self.checkRole(facts[0])
        try Self.checkVersion(Self.field("redis_version", of: facts[1]))
        if !allowsCluster, Self.field("cluster_enabled", of: facts[2]) == "1" {
            throw RedisError(
                .configuration,
                "this is a node of a Redis Cluster: use a plain Redis, or a namespace in braces such as {app}")
        }
        return RedisServerFacts(evictionPolicy: Self.field("maxmemory_policy", of: facts[3]))
    }

    private static func checkRole(_ reply: RedisReply) throws(RedisError) {
        // Who may not ask for the role finds out with the first write.
        guard let role = reply.array, role.first?.string != "master" else { return }
        if role.first?.string == "sentinel" {
            throw RedisError(
                .configuration, "this is a Sentinel, not a Redis: use redis+sentinel://host:port/primary-name")
        }
        let primary = role.count > 2 ? " (\(role[1].string ?? "?"):\(role[2].string ?? "?"))" : ""
        throw RedisError(
            .readOnly, "this Redis is a read-only replica: use the address of its primary\(primary), or Sentinel")
    }

    private static func checkVersion(_ version: String?) throws(RedisError) {
        guard let version else { return }
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2, (numbers[0], numbers[1]) < (6, 2) else { return }
        throw RedisError(.configuration, "this is Redis \(version): Flume needs 6.2 or newer")
    }

    private static func field(_ name: String, of info: RedisReply) -> String? {
        guard let text = info.string else { return nil }
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }
        return line.map { String($0.dropFirst(name.count + 1)) }
    }
}
