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

    @Test("refuses an unknown authority, an expired certificate and another host's, and says which")
    func refused() async throws {
        let certificates = try await Certificates()
        let (good, goodPort) = try await server(certificates)
        let (expired, expiredPort) = try await server(certificates, certificate: "expired")
        let (otherHost, otherPort) = try await server(certificates, certificate: "other-host")
        let authority = certificates.file("ca.crt")
        let cases = [
            ("rediss://localhost:\(goodPort)?cacert=\(certificates.file("other-ca.crt"))", "not trusted"),
            ("rediss://localhost:\(goodPort)", "not trusted"),
            ("rediss://localhost:\(expiredPort)?cacert=\(authority)", "not trusted"),
            ("rediss://localhost:\(otherPort)?cacert=\(authority)", "another host name"),
            ("rediss://127.0.0.1:\(otherPort)?cacert=\(authority)", "another host name"),
            ("rediss://localhost:\(goodPort)?cacert=\(certificates.file("missing.crt"))", "cannot use the TLS files"),
            ("rediss://localhost:\(goodPort)?cacert=\(authority)&cert=\(authority)", "needs both"),
            ("rediss://localhost:\(goodPort)?cert=\(authority)&key=\(authority)", "cannot use the TLS files"),
        ]
        for (url, text) in cases {
            let error = try await check(url)
            #expect(error?.code == .configuration, "\(text): \(String(describing: error))")
            #expect(error?.message.contains(text) == true, "\(String(describing: error))")
        }
        // The name in the certificate may be given.
        #expect(try await check("rediss://localhost:\(otherPort)?cacert=\(authority)&sni=redis.example") == nil)
        var configuration = try RedisConfiguration(url: "rediss://localhost:\(otherPort)?cacert=\(authority)")
        configuration.tls?.verification = .withoutHostName
        try await withClient(configuration) { try await $0.checkServer() }
        for server in [good, expired, otherHost] { await server.stop() }
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
}
