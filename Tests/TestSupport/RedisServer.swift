import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A private real Redis server.
///
/// `FLUME_TEST_REDIS_SERVER` names another binary: Redis 8, Valkey. It always listens on a Unix socket, and on
/// a free TCP port when asked to.
public final class RedisServer: Sendable {
    /// The binary the tests use.
    public static let executable =
        ProcessInfo.processInfo.environment["FLUME_TEST_REDIS_SERVER"] ?? "redis-server"

    /// Where its socket, its log and its data are.
    public let directory: TemporaryDirectory
    /// The path of its Unix socket.
    public let socketPath: String
    /// Its TCP port on 127.0.0.1, or nil when it listens on the Unix socket only.
    public let port: Int?
    private let arguments: [String]
    private let environment: [String: String]
    private let password: String?
    private let child: Mutex<ChildProcess>

    /// Starts a server and waits until it answers, which includes an answer such as LOADING or NOAUTH.
    ///
    /// - Parameters:
    ///   - arguments: More arguments for the server, such as `["--appendonly", "yes"]`.
    ///   - tcp: Whether to listen on a free TCP port too.
    ///   - password: Its `requirepass`.
    ///   - sentinel: Whether to run it as a Sentinel.
    ///   - environment: Variables of its own.
    /// - Returns: A server that answers.
    /// - Throws: ``TestSupportError`` with the end of the server's log when it does not start.
    public static func start(
        _ arguments: [String] = [], tcp: Bool = false, password: String? = nil, sentinel: Bool = false,
        environment: [String: String] = [:]
    ) async throws -> RedisServer {
        // Another process may take the free port before the server does: then take the next.
        var attemptsLeft = tcp ? 5 : 1
        while true {
            let server = try RedisServer(
                arguments, port: tcp ? freePort() : nil, password: password, sentinel: sentinel,
                environment: environment)
            do {
                try await server.waitUntilItAnswers()
                return server
            } catch {
                await server.stop()
                attemptsLeft -= 1
                if attemptsLeft == 0 { throw error }
            }
        }
    }

    private init(_ extra: [String], port: Int?, password: String?, sentinel: Bool, environment: [String: String]) throws
    {
        directory = try TemporaryDirectory()
        socketPath = directory.file("redis.sock")
        self.port = port
        self.password = password
        self.environment = environment
        var all: [String] = []
        if sentinel {
            // A Sentinel insists on a file it can rewrite.
            let path = directory.file("sentinel.conf")
            try "".write(toFile: path, atomically: true, encoding: .utf8)
            all += [path, "--sentinel"]
        }
        all += ["--port", "\(port ?? 0)", "--unixsocket", socketPath, "--dir", directory.path, "--daemonize", "no"]
        if port != nil { all += ["--bind", "127.0.0.1"] }
        if !sentinel { all += ["--save", "", "--enable-debug-command", "yes"] }
        if let password { all += ["--requirepass", password] }
        self.arguments = all + extra
        child = Mutex(
            try ChildProcess.spawn(
                Self.executable, arguments, environment: environment, output: directory.path, name: "redis"))
    }

    private func waitUntilItAnswers() async throws {
        do {
            try await eventually("redis-server answers", timeout: .seconds(20)) {
                guard process.isRunning else { throw TestSupportError("redis-server ended") }
                do {
                    _ = try RawConnection(path: socketPath).execute(["PING"])
                    return true
                } catch let error as TestSupportError {
                    return ["LOADING", "NOAUTH", "NOPERM", "MASTERDOWN"].contains { error.description.hasPrefix($0) }
                }
            }
        } catch {
            throw TestSupportError("\(error): \(process.output.suffix(800)) \(process.errorOutput.suffix(400))")
        }
    }

    /// The process of the server, for its id and for signals.
    public var process: ChildProcess { child.withLock { $0 } }

    /// The URL of a database over the Unix socket.
    public func url(database: Int = 0) -> String {
        let credentials = password.map { ":\($0)@" } ?? ""
        return "unix://\(credentials)\(socketPath)?db=\(database)"
    }

    /// The URL of a database over TCP; of the Unix socket when it does not listen on TCP.
    public func tcpURL(database: Int = 0, host: String = "127.0.0.1") -> String {
        guard let port else { return url(database: database) }
        let credentials = password.map { ":\($0)@" } ?? ""
        return "redis://\(credentials)\(host):\(port)/\(database)"
    }

    /// Runs one command over a new connection of the tests' own, which shares no code with the client under test.
    ///
    /// - Returns: The reply as text: an array's elements joined by newlines, `(nil)` for nil.
    /// - Throws: ``TestSupportError`` with the server's text when it answers with an error.
    @discardableResult
    public func execute(_ arguments: String..., database: Int = 0) throws -> String {
        let connection = try RawConnection(path: socketPath)
        if let password { _ = try connection.execute(["AUTH", password]) }
        if database != 0 { _ = try connection.execute(["SELECT", "\(database)"]) }
        return try connection.execute(arguments)
    }

    /// Stops it in mid-air: it accepts connections and never answers, as a half-open connection would.
    public func suspend() { process.signal(SIGSTOP) }

    /// Lets it go on after ``suspend()``.
    public func resume() { process.signal(SIGCONT) }

    /// Kills it with SIGKILL and waits until it is gone; its directory stays, so that ``restart()`` finds its data.
    public func kill() async {
        process.signal(SIGKILL)
        _ = await process.exit()
    }

    /// Starts it again with the same arguments, port, socket and data.
    public func restart() async throws {
        await kill()
        try child.withLock {
            $0 = try ChildProcess.spawn(
                Self.executable, arguments, environment: environment, output: directory.path, name: "redis")
        }
        try await waitUntilItAnswers()
    }

    /// Kills it and removes its directory.
    public func stop() async {
        await kill()
        directory.remove()
    }

    /// A TCP port nobody listens on at this moment.
    public static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, length) == 0 ? unsafe getsockname(descriptor, address, &length) : -1
            }
        }
        guard result == 0 else { throw TestSupportError("no free TCP port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Runs a test against a private server, which is stopped afterwards.
///
/// - Parameters:
///   - arguments: More arguments for the server.
///   - tcp: Whether to listen on a free TCP port too.
///   - password: Its `requirepass`.
///   - environment: Variables of its own.
///   - body: The test.
/// - Returns: What the body returns.
/// - Throws: What the body throws, or ``TestSupportError`` when the server does not start.
public func withRedisServer<Result>(
    _ arguments: [String] = [], tcp: Bool = false, password: String? = nil, environment: [String: String] = [:],
    _ body: (RedisServer) async throws -> Result
) async throws -> Result {
    let server = try await RedisServer.start(arguments, tcp: tcp, password: password, environment: environment)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}
