import Synchronization

/// A database of its own on the server that all tests of this process share: starting one per test would be slow.
public struct TestDatabase: Sendable {
    /// The shared server.
    ///
    /// Do not stop, suspend or configure it: start your own for that.
    public let server: RedisServer
    /// The number of the database; no other test of this process gets it.
    public let number: Int

    /// Its URL.
    public var url: String { server.url(database: number) }

    /// Runs one command in it; see ``RedisServer/execute(_:database:)``.
    @discardableResult
    public func execute(_ arguments: String...) throws -> String {
        let connection = try RawConnection(path: server.socketPath)
        _ = try connection.execute(["SELECT", "\(number)"])
        return try connection.execute(arguments)
    }

    private static let limit = 10_000
    private static let next = Mutex(0)

    /// Takes an empty database.
    ///
    /// - Throws: ``TestSupportError`` when the server does not start or all databases are taken.
    public static func take() async throws -> TestDatabase {
        let server = try await SharedServer.shared.server(databases: limit)
        let number = next.withLock { next in
            defer { next += 1 }
            return next
        }
        guard number < limit else { throw TestSupportError("all \(limit) databases of the shared server are taken") }
        return TestDatabase(server: server, number: number)
    }
}

/// Starts the shared server once, whoever asks first.
private actor SharedServer {
    static let shared = SharedServer()
    private var starting: Task<RedisServer, any Error>?

    func server(databases: Int) async throws -> RedisServer {
        if let starting { return try await starting.value }
        let task = Task { try await RedisServer.start(["--databases", "\(databases)"], tcp: true) }
        starting = task
        return try await task.value
    }
}

/// Runs a test in an empty database of the shared server; it is emptied afterwards.
///
/// - Parameter body: The test.
/// - Returns: What the body returns.
/// - Throws: What the body throws, or ``TestSupportError`` when the shared server does not start.
public func withTestDatabase<Result>(_ body: (TestDatabase) async throws -> Result) async throws -> Result {
    let database = try await TestDatabase.take()
    do {
        let result = try await body(database)
        try database.execute("FLUSHDB")
        return result
    } catch {
        _ = try? database.execute("FLUSHDB")
        throw error
    }
}
