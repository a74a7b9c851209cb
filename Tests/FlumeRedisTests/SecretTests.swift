import TestSupport
import Testing

@testable import FlumeRedis

@Suite("Secrets")
struct SecretTests {
    /// Everything Swift has to make text of a value.
    private func texts(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        let mirrored = Mirror(reflecting: value).children.map { "\($0.label ?? ""): \($0.value)" }
        return (["\(value)", String(describing: value), String(reflecting: value), dumped] + mirrored).joined(
            separator: "\n")
    }

    /// The marker, also as the numbers of its bytes, which is how an array of bytes is shown.
    private func isShown(_ marker: String, in text: String) -> Bool {
        let numbers = marker.utf8.map(String.init)
        return text.contains(marker) || text.contains(numbers.joined(separator: ", "))
            || text.contains(numbers.joined(separator: "\n"))
            || text.split(whereSeparator: { !$0.isNumber }).map(String.init).firstRange(of: numbers) != nil
    }

    @Test("no value of the library shows a password when it is printed, dumped or mirrored")
    func reflection() async throws {
        let url = "rediss+sentinel://user:marker1@localhost:1/main/0?sentinel_password=marker2&cacert=/ca.pem"
        let configuration = try RedisConfiguration(url: url)
        guard case .sentinel(let sentinel) = configuration.address else {
            Issue.record("no Sentinel")
            return
        }
        let client = RedisClient(configuration, logger: LogRecorder().logger)
        let commands = Handshake(configuration).commands
        for value in [
            configuration, configuration.address, sentinel, client, commands, commands.first as Any,
            [RedisCommand("SET", "key", "marker1")], Optional(configuration) as Any, (configuration, sentinel),
        ] as [Any] {
            for marker in ["marker1", "marker2"] {
                let shown = texts(value)
                #expect(!isShown(marker, in: shown), "\(type(of: value)): \(shown)")
            }
        }
        #expect(texts(configuration).contains("localhost:1"))
        #expect("\(RedisCommand("SET", "key", "value"))" == "SET and 2 arguments")
        await client.close()
    }

    @Test("an error reply that quotes what was sent is cut before it becomes an error")
    func quotedArguments() {
        for text in [
            "ERR unknown command 'AUTH', with args beginning with: 'marker'",
            "ERR unknown command `EVALSHA`, with args beginning with: `abc`, `1`, `marker`, ",
            "ERR Error running script (call to f_1): @user_script:1: -ERR unknown command 'X', with args beginning with: 'marker' ",
        ] {
            let error = RedisError(server: text)
            #expect(!texts(error).contains("marker"), "\(error)")
            #expect(error.message.contains("unknown command"))
        }
        let long = RedisError(server: "ERR " + String(repeating: "x", count: 1_000_000))
        #expect(long.message.utf8.count < 2000)
    }

    @Test("a Sentinel that has renamed AUTH does not bring its password into the error or the log")
    func sentinelQuotesPassword() async throws {
        let answer = "-ERR unknown command 'AUTH', with args beginning with: 'marker'\r\n"
        let listener = try await RecordingListener.start(answer: answer + answer)
        let log = LogRecorder()
        var configuration = try RedisConfiguration(
            url: "redis+sentinel://localhost:\(listener.port)/main?sentinel_password=marker")
        configuration.commandTimeout = .milliseconds(300)
        try await withClient(configuration, logger: log.logger) { client in
            let atBoot = await #expect(throws: RedisError.self) { try await client.checkServer() }
            #expect(atBoot?.message.contains("unknown command") == true, "\(String(describing: atBoot))")
            let later = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
            for error in [atBoot, later] { #expect(!texts(error as Any).contains("marker")) }
        }
        #expect(!log.all.isEmpty)
        #expect(!log.all.joined().contains("marker"))
        await listener.stop()
    }

    @Test(
        "a URL that is wrong is never quoted",
        arguments: [
            "redis://:marker@host:port", "redis://user:mar%ker@host", "marker", "http://:marker@host",
            "redis://marker@host", "redis://:marker@host/1/2", "redis://:marker@host/x",
            "unix://:marker@host", "redis+sentinel://:marker@host", "redis://:marker/with/slash@host",
        ])
    func wrongURLs(url: String) {
        let error = #expect(throws: RedisError.self) { _ = try RedisConfiguration(url: url) }
        // Of "mar%ker" neither half, which "primary" has too.
        let isCut = url.contains("marker") ? "marker" : "mar%"
        #expect(!texts(error as Any).contains(isCut), "\(String(describing: error))")
    }
}
