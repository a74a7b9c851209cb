public import FlumeRedis
import Logging

/// Seeds and reads keys beside the code under test, as another process on the same Redis would.
public struct RedisProbe: Sendable {
    /// The connection it uses; a worker or a client under test may be made with it too.
    public let client: RedisClient

    /// Connects to a URL.
    ///
    /// - Parameters:
    ///   - url: Where.
    ///   - adjust: Changes the settings made from the URL.
    /// - Throws: When the URL is none.
    public init(url: String, adjust: (inout RedisConfiguration) -> Void = { _ in }) throws {
        var configuration = try RedisConfiguration(url: url)
        adjust(&configuration)
        self.init(configuration)
    }

    /// Connects with settings, and logs nothing.
    public init(_ configuration: RedisConfiguration) {
        client = RedisClient(configuration, logger: Logger(label: "probe") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Sends a command of texts.
    @discardableResult
    public func send(_ name: String, _ arguments: [String]) async throws -> RedisReply {
        var command = RedisCommand(name)
        for argument in arguments { command.append(argument) }
        return try await client.send(command)
    }

    /// Sends a command of texts.
    @discardableResult
    public func send(_ name: String, _ arguments: String...) async throws -> RedisReply {
        try await send(name, arguments)
    }

    /// Puts payloads into a queue as producers do: the first one is the first to run.
    public func enqueue(_ payloads: [String], to queue: String) async throws {
        guard !payloads.isEmpty else { return }
        try await send("SADD", "queues", queue)
        try await send("LPUSH", ["queue:\(queue)"] + payloads)
    }

    /// Puts bytes that need not be text into a queue.
    public func enqueue(bytes: [UInt8], to queue: String) async throws {
        var command = RedisCommand("LPUSH", "queue:\(queue)")
        command.append(bytes)
        _ = try await client.send(command)
    }

    /// What waits in a queue, the next to run first.
    public func queue(_ name: String) async throws -> [String] {
        try await list("queue:\(name)").reversed()
    }

    /// A list from its head.
    public func list(_ key: String) async throws -> [String] {
        try await strings("LRANGE", key, "0", "-1")
    }

    /// The members of a sorted set, lowest score first.
    public func members(_ key: String) async throws -> [String] {
        try await strings("ZRANGE", key, "0", "-1")
    }

    /// The members of a sorted set as bytes, lowest score first.
    public func rawMembers(_ key: String) async throws -> [[UInt8]] {
        try await send("ZRANGE", key, "0", "-1").array?.compactMap(\.bytes) ?? []
    }

    /// The score of a member of a sorted set.
    public func score(_ key: String, _ member: String) async throws -> Double? {
        try await send("ZSCORE", key, member).double
    }

    /// The members of a set, sorted.
    public func set(_ key: String) async throws -> [String] {
        try await strings("SMEMBERS", key).sorted()
    }

    /// A hash.
    public func hash(_ key: String) async throws -> [String: String] {
        let words = try await strings("HGETALL", key)
        return Dictionary(
            stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }, uniquingKeysWith: { $1 })
    }

    /// A string.
    public func string(_ key: String) async throws -> String? { try await send("GET", key).string }

    /// A number, also one such as the length of something.
    public func number(_ name: String, _ arguments: String...) async throws -> Int {
        try await send(name, arguments).integer ?? 0
    }

    /// Redis's clock in seconds.
    public func now() async throws -> Double {
        let parts = try await strings("TIME")
        return (Double(parts[0]) ?? 0) + (Double(parts[1]) ?? 0) / 1e6
    }

    private func strings(_ name: String, _ arguments: String...) async throws -> [String] {
        try await send(name, arguments).array?.compactMap(\.string) ?? []
    }
}

/// Runs a test with a probe in an empty database of the shared server.
public func withProbe<Result>(_ body: (RedisProbe) async throws -> Result) async throws -> Result {
    try await withTestDatabase { database in
        let probe = try RedisProbe(url: database.url)
        let result = try await body(probe)
        await probe.client.close()
        return result
    }
}
