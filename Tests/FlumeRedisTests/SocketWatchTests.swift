import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FlumeRedis

@Suite("The event loop stays awake for a reply")
struct SocketWatchTests {
    /// Runs watches of a microsecond and tells which of them asked at all.
    private func asked(_ watch: inout SocketWatch, times: Int, answer: Bool) -> [Int] {
        (0..<times).filter { _ in
            var hasAsked = false
            watch.wait {
                hasAsked = true
                return answer
            }
            return hasAsked
        }
    }

    @Test("for each, as long as they come in time")
    func prompt() {
        var watch = SocketWatch(patience: .seconds(10), cores: 2)
        #expect(asked(&watch, times: 1000, answer: true).count == 1000)
    }

    @Test("and for hardly any from a server that is further away, until they come in time again")
    func late() {
        var watch = SocketWatch(patience: .microseconds(1), cores: 2)
        let first = asked(&watch, times: 8 + 64 + 8 + 128 + 8, answer: false)
        #expect(first == [0..<8, 72..<80, 208..<216].flatMap(Array.init))
        #expect(asked(&watch, times: 100_000, answer: false).count < 200)
        _ = asked(&watch, times: 8192, answer: true)
        #expect(asked(&watch, times: 100, answer: true).count == 100)
    }

    @Test("not at all when told so, or on one core")
    func never() {
        var off = SocketWatch(patience: .zero, cores: 2)
        var oneCore = SocketWatch(patience: .seconds(1), cores: 1)
        #expect(asked(&off, times: 10, answer: false).isEmpty)
        #expect(asked(&oneCore, times: 10, answer: false).isEmpty)
    }

    @Test("and not on a Unix socket, where the kernel does not tell what is unread")
    func unixSocket() {
        let unix = RedisConfiguration(address: .unix(path: "/run/redis.sock"), replyWatch: .seconds(1))
        #expect(!SocketWatch(on: unix, cores: 2).isOn)
        #expect(SocketWatch(on: RedisConfiguration(replyWatch: .seconds(1)), cores: 2).isOn)
    }

    @Test("and learns from the kernel that it is there")
    func unread() async throws {
        try await withTestDatabase { database in
            let port = try #require(database.server.port)
            let address = try SocketAddress.makeAddressResolvingHost("127.0.0.1", port: port)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false).connect(to: address).get()
            let hasUnread = { @Sendable in
                try await channel.eventLoop.submit { channel.syncOptions.map(SocketWatch.hasUnread) ?? false }.get()
            }
            #expect(try await !hasUnread())
            try await channel.writeAndFlush(ByteBuffer(string: "PING\r\n"))
            try await eventually("the answer is in the kernel") { try await hasUnread() }
            try await channel.close()
        }
    }
}
