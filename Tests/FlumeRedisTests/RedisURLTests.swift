import Foundation
import FlumeRedis
import TestSupport
import Testing

@Suite("A Redis URL")
struct RedisURLTests {
    @Test("names host, port, database, user and password")
    func full() throws {
        let configuration = try RedisConfiguration(url: "redis://app:secret@redis.example:6380/3")
        #expect(configuration.address == .tcp(host: "redis.example", port: 6380))
        #expect(configuration.username == "app")
        #expect(configuration.password == "secret")
        #expect(configuration.database == 3)
        #expect(configuration.tls == nil)
    }

    @Test(
        "fills in what is left out",
        arguments: [
            ("redis://", "127.0.0.1", 6379, 0), ("redis://localhost", "localhost", 6379, 0),
            ("redis://:6380", "127.0.0.1", 6380, 0), ("redis://h/5", "h", 6379, 5), ("redis://h:1/", "h", 1, 0),
            ("REDIS://h?db=4", "h", 6379, 4), ("redis://[::1]:7000/1", "::1", 7000, 1),
            ("redis://[::1]", "::1", 6379, 0),
            (" redis://h:2/2\n", "h", 2, 2),
        ])
    func defaults(url: String, host: String, port: Int, database: Int) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.address == .tcp(host: host, port: port))
        #expect(configuration.database == database)
        #expect(configuration.username == nil)
        #expect(configuration.password == nil)
    }

    @Test("decodes percent signs in user, password and path")
    func decoding() throws {
        let configuration = try RedisConfiguration(url: "unix://us%40er:p%3A%2F%3Fw%25@/tmp/a%20b.sock?db=2")
        #expect(configuration.username == "us@er")
        #expect(configuration.password == "p:/?w%")
        #expect(configuration.address == .unix(path: "/tmp/a b.sock"))
        #expect(configuration.database == 2)
    }

    @Test("may have a password without a user, and an @ in it")
    func passwordOnly() throws {
        let configuration = try RedisConfiguration(url: "redis://:p@ss@h")
        #expect(configuration.username == nil)
        #expect(configuration.password == "p@ss")
        #expect(configuration.address == .tcp(host: "h", port: 6379))
    }

    @Test("with rediss asks for TLS, with files from the query")
    func tls() throws {
        let url = "rediss://h:6390?cacert=/ca.pem&cert=/c.pem&key=/k.pem&sni=other&client_name=web"
        let configuration = try RedisConfiguration(url: url)
        #expect(
            configuration.tls
                == RedisTLS(
                    certificateAuthorityPath: "/ca.pem", certificatePath: "/c.pem", privateKeyPath: "/k.pem",
                    serverName: "other"))
        #expect(configuration.clientName == "web")
        #expect(try RedisConfiguration(url: "rediss://h").tls == RedisTLS())
    }

    @Test("names several Sentinels and the primary")
    func sentinel() throws {
        let configuration = try RedisConfiguration(
            url: "redis+sentinel://u:p@a:1,b,[::1]:3/mymaster/7?sentinel_username=su&sentinel_password=sp")
        let endpoints = [("a", 1), ("b", 26379), ("::1", 3)].map { RedisSentinel.Endpoint(host: $0.0, port: $0.1) }
        #expect(
            configuration.address
                == .sentinel(
                    RedisSentinel(endpoints: endpoints, primaryName: "mymaster", username: "su", password: "sp")))
        #expect(configuration.password == "p")
        #expect(configuration.database == 7)
    }

    @Test(
        "that is wrong is refused with a sentence that does not quote its password",
        arguments: [
            "", "localhost:6379", "http://:secret@h", "redis://:secret@h:port", "redis://:secret@h:0",
            "redis://:secret@h:70000", "redis://:se/cret@h", "redis://:secret@h/x", "redis://:secret@h/-1",
            "redis://:secret@h/1/2", "redis://secret@h", "redis://:secret%zz@h", "redis://:secret%@h",
            "unix://:secret@", "unix://:secret@host/path", "redis+sentinel://:secret@h", "redis+sentinel:///secret",
            "redis://a,b:secret@c,d", "redis://:secret@h/99999999999999999999",
        ])
    func wrong(url: String) {
        let error = #expect(throws: RedisError.self) { _ = try RedisConfiguration(url: url) }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("secret") == false)
        #expect(error?.message.contains("cret@") == false)
    }

    @Test("comes from REDIS_PROVIDER's variable, else REDIS_URL, else localhost")
    func environment() throws {
        #expect(try RedisConfiguration.environment([:]).address == .tcp(host: "127.0.0.1", port: 6379))
        #expect(try RedisConfiguration.environment(["REDIS_URL": "redis://a"]).address == .tcp(host: "a", port: 6379))
        let both = ["REDIS_PROVIDER": "CLOUD", "CLOUD": "redis://b", "REDIS_URL": "redis://a"]
        #expect(try RedisConfiguration.environment(both).address == .tcp(host: "b", port: 6379))
        for provider in ["MISSING", "redis://x:secret@h"] {
            let error = #expect(throws: RedisError.self) {
                _ = try RedisConfiguration.environment(["REDIS_PROVIDER": provider])
            }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("secret") == false)
        }
    }

    @Test("comes from the file that REDIS_URL_FILE names, of which no more is read than a URL can be")
    func file() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let path = folder.file("url")
        try "redis://:secret@a:1/2\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try RedisConfiguration.environment(["REDIS_URL_FILE": path]).address == .tcp(host: "a", port: 1))
        for (wrong, what) in [
            ("/dev/zero", "more than 65536 bytes"), ("/dev", "cannot be read"), ("/none", "cannot be read"),
        ] {
            let error = #expect(throws: RedisError.self) {
                _ = try RedisConfiguration.environment(["REDIS_URL_FILE": wrong])
            }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
        }
    }

    @Test("a configuration that is printed shows no password")
    func printing() throws {
        let configuration = try RedisConfiguration(
            url: "redis+sentinel://u:secret@a/m?sentinel_password=secret")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("secret"))
    }
}
