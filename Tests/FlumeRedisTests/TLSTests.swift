import FlumeRedis
import TestSupport
import Testing

@Suite("TLS")
struct TLSTests {
    private func server(
        _ certificates: Certificates, certificate: String = "good", asksForClientCertificate: Bool = false
    ) async throws -> (RedisServer, Int) {
        let port = try RedisServer.freePort()
        let server = try await RedisServer.start(
            certificates.arguments(
                port: port, certificate: certificate, asksForClientCertificate: asksForClientCertificate))
        return (server, port)
    }

    private func check(_ url: String) async throws -> RedisError? {
        try await withClient(url) { client in
            do {
                try await client.checkServer()
                let pong = try await client.send(RedisCommand("PING"))
                #expect(pong.string == "PONG")
                return nil
            } catch { return error as? RedisError }
        }
    }

    @Test("works with a certificate of the right authority and host, by name and by address")
    func good() async throws {
        let certificates = try await Certificates()
        let (server, port) = try await server(certificates)
        let authority = certificates.file("ca.crt")
        for host in ["localhost", "127.0.0.1"] {
            #expect(try await check("rediss://\(host):\(port)/1?cacert=\(authority)") == nil)
        }
        try await withClient("rediss://localhost:\(port)?cacert=\(authority)") { client in
            let value = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            var command = RedisCommand("SET", "key")
            command.append(value)
            _ = try await client.send(command)
            let returned = try await client.send(RedisCommand("GET", "key")).bytes
            #expect(returned == value)
            try server.execute("CLIENT", "KILL", "TYPE", "normal")
            try await eventually("it reconnects") { client.generation == 2 }
        }
        await server.stop()
        certificates.directory.remove()
    }

    @Test("refuses what it cannot trust, and says which fault it is and what to do")
    func refused() async throws {
        let certificates = try await Certificates()
        var servers: [RedisServer] = []
        var ports: [String: Int] = [:]
        for name in ["good", "expired", "early", "self-signed", "other-host"] {
            let (server, port) = try await server(certificates, certificate: name)
            servers.append(server)
            ports[name] = port
        }
        let authority = certificates.file("ca.crt")
        func url(_ name: String, _ query: String = "", host: String = "localhost") -> String {
            "rediss://:secret-marker@\(host):\(ports[name] ?? 0)?\(query)"
        }
        let cases = [
            (url("good", "cacert=\(certificates.file("other-ca.crt"))"), "the authority that signed it"),
            (url("good"), "for an authority of your own give its PEM file as cacert="),
            (url("expired", "cacert=\(authority)"), "has expired on 20"),
            (url("early", "cacert=\(authority)"), "is not valid before 2099-01-01T00:00:00Z: check the clock"),
            (url("self-signed", "cacert=\(authority)"), "is self-signed"),
            (url("other-host", "cacert=\(authority)"), "another host name"),
            (url("other-host", "cacert=\(authority)", host: "127.0.0.1"), "another host name"),
            (url("good", "cacert=\(certificates.file("missing.crt"))"), "cannot use the TLS files"),
            (url("good", "cacert=\(authority)&cert=\(authority)"), "needs both"),
            (url("good", "cert=\(authority)&key=\(authority)"), "cannot use the TLS files"),
        ]
        for (url, text) in cases {
            let error = try await check(url)
            #expect(error?.code == .configuration, "\(text): \(String(describing: error))")
            #expect(error?.message.contains(text) == true, "\(String(describing: error))")
            #expect(error?.message.contains("secret-marker") == false)
        }
        // A self-signed one that one has been given, and another name in the certificate.
        let own = certificates.file("self-signed.crt")
        #expect(try await check("rediss://localhost:\(ports["self-signed"] ?? 0)?cacert=\(own)") == nil)
        let other = "rediss://localhost:\(ports["other-host"] ?? 0)?cacert=\(authority)"
        #expect(try await check("\(other)&sni=redis.example") == nil)
        var configuration = try RedisConfiguration(url: other)
        configuration.tls?.verification = .withoutHostName
        _ = try await withClient(configuration) { try await $0.checkServer() }
        for server in servers { await server.stop() }
        certificates.directory.remove()
    }

    @Test("a certificate that goes bad while it runs is said in the log, though it has been connected before")
    func goesBad() async throws {
        let certificates = try await Certificates()
        let (server, port) = try await server(certificates)
        let log = LogRecorder()
        let configuration = try RedisConfiguration(
            url: "rediss://localhost:\(port)?cacert=\(certificates.file("ca.crt"))")
        try await withClient(configuration, logger: log.logger) { client in
            try await client.checkServer()
            _ = try await client.send(RedisCommand("PING"))
            func present(_ name: String) throws {
                try server.execute(
                    "CONFIG", "SET", "tls-cert-file", certificates.file("\(name).crt"), "tls-key-file",
                    certificates.file("\(name).key"))
            }
            try present("expired")
            try server.execute("CLIENT", "KILL", "TYPE", "normal")
            try await eventually("the log says so") { log.all.contains { $0.contains("has expired on") } }
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
            #expect(error?.message.contains("has expired on") == true, "\(String(describing: error))")
            try present("good")
            try await eventually("it works again, without a restart") {
                await outcome { try await client.send(RedisCommand("PING")) } == nil
            }
        }
        await server.stop()
        certificates.directory.remove()
    }

    @Test("shows a client certificate to a server that asks for one")
    func clientCertificate() async throws {
        let certificates = try await Certificates()
        let (server, port) = try await server(certificates, asksForClientCertificate: true)
        let url = "rediss://localhost:\(port)?cacert=\(certificates.file("ca.crt"))"
        let withCertificate = "\(url)&cert=\(certificates.file("client.crt"))&key=\(certificates.file("client.key"))"
        #expect(try await check(withCertificate) == nil)
        let error = try await check(url)
        #expect(error?.message.contains("client certificate") == true, "\(String(describing: error))")
        await server.stop()
        certificates.directory.remove()
    }

    @Test("on a port without TLS, and none on a port with it, are told apart from a server that is down")
    func mixedUp() async throws {
        let certificates = try await Certificates()
        let (secure, securePort) = try await server(certificates)
        try await withRedisServer(tcp: true) { plain in
            for url in ["rediss://localhost:\(plain.port ?? 0)", "redis://localhost:\(securePort)"] {
                var configuration = try RedisConfiguration(url: url)
                configuration.connectTimeout = .milliseconds(300)
                try await withClient(configuration) { client in
                    let error = await #expect(throws: RedisError.self) { try await client.checkServer() }
                    #expect(error?.message.contains("TLS") == true, "\(String(describing: error))")
                }
            }
        }
        await secure.stop()
        certificates.directory.remove()
    }

    @Test("no byte in clear text goes to a server without TLS, however often it is tried")
    func neverInClear() async throws {
        let listener = try await RecordingListener.start()
        var configuration = try RedisConfiguration(url: "rediss://:secret-marker@localhost:\(listener.port)")
        configuration.clientName = "name-marker"
        configuration.commandTimeout = .milliseconds(500)
        try await withClient(configuration) { client in
            await #expect(throws: RedisError.self) { try await client.checkServer() }
            await #expect(throws: RedisError.self) { try await client.send(RedisCommand("SET", "key", "job-marker")) }
            try await eventually("it has tried again and again") { listener.connections.count > 3 }
        }
        for bytes in listener.connections where !bytes.isEmpty {
            // A TLS record of the kind handshake, or alert.
            #expect(bytes[0] == 0x16 || bytes[0] == 0x15)
            #expect(bytes.firstRange(of: Array("marker".utf8)) == nil)
        }
        await listener.stop()
    }

    @Test("protects the way to the Sentinels and to the primary they name, with passwords for both")
    func sentinel() async throws {
        let certificates = try await Certificates()
        let authority = certificates.file("ca.crt")
        let (primary, port) = try await server(certificates)
        try primary.execute("CONFIG", "SET", "requirepass", "primary-marker")
        let sentinelPort = try RedisServer.freePort()
        let sentinel = try await RedisServer.start(
            certificates.arguments(port: sentinelPort) + ["--tls-replication", "yes"], password: "sentinel-marker",
            sentinel: true)
        try sentinel.execute("SENTINEL", "MONITOR", "main", "127.0.0.1", "\(port)", "1")
        try sentinel.execute("SENTINEL", "SET", "main", "auth-pass", "primary-marker")
        func url(scheme: String = "rediss+sentinel", sentinelPassword: String = "sentinel-marker", _ more: String)
            -> String
        {
            "\(scheme)://:primary-marker@localhost:\(sentinelPort)/main/0"
                + "?sentinel_password=\(sentinelPassword)&\(more)"
        }
        #expect(try await check(url("cacert=\(authority)")) == nil)
        let cases = [
            (url("cacert=\(certificates.file("other-ca.crt"))"), "is not trusted"),
            (url(sentinelPassword: "wrong-marker", "cacert=\(authority)"), "user name or the password"),
            (url(scheme: "redis+sentinel", ""), "TLS"),
        ]
        for (url, text) in cases {
            let error = try await check(url)
            #expect(error?.message.contains(text) == true, "\(String(describing: error))")
            #expect(error?.message.contains("marker") == false, "\(String(describing: error))")
        }
        await sentinel.stop()
        await primary.stop()
        certificates.directory.remove()
    }
}
