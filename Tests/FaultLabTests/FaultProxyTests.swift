import NIOCore
import Testing

@testable import TestSupport

@Suite("The proxy of the fault lab")
struct FaultProxyTests {
    private func withProxy(_ body: (RedisServer, FaultProxy) async throws -> Void) async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server)
            defer { proxy.close() }
            try await body(server, proxy)
        }
    }

    private func failure(_ body: () throws -> String) -> String {
        do { return try "no failure: " + body() } catch { return "\(error)" }
    }

    @Test("tells one command or reply from the next, however the bytes come", arguments: [1, 2, 3, 7, 1000])
    func frames(size: Int) {
        let frames = [
            "*2\r\n$4\r\necho\r\n$5\r\na\r\nb*\r\n", "+OK\r\n", "*3\r\n*2\r\n:1\r\n$-1\r\n*0\r\n-ERR no\r\n", "*-1\r\n",
            "$0\r\n\r\n", "*1\r\n$4\r\nPING\r\n",
        ]
        var splitter = FrameSplitter()
        var found: [Frame] = []
        let bytes = Array(frames.joined().utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            splitter.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let frame = splitter.next() { found.append(frame) }
        }
        #expect(found.map { String(buffer: $0.bytes) } == frames)
        #expect(found.map(\.command) == ["ECHO", nil, nil, nil, nil, "PING"])
        #expect(splitter.rest() == nil)
    }

    @Test("passes on what is no RESP, and what is left of a frame at the end of a stream")
    func noFrames() {
        var splitter = FrameSplitter()
        splitter.append(ByteBuffer(string: "hello"))
        #expect(splitter.next().map { String(buffer: $0.bytes) } == "hello")
        splitter.append(ByteBuffer(string: "$9\r\nhalf"))
        #expect(splitter.next() == nil)
        #expect(splitter.rest().map { String(buffer: $0.bytes) } == "$9\r\nhalf")
    }

    @Test("counts commands by name, and cuts between two that come in one piece")
    func counting() async throws {
        try await withProxy { server, proxy in
            let connection = try RawConnection(port: proxy.port)
            _ = try connection.execute(["PING"])
            proxy.cut(at: 4, of: .requests)
            try connection.send([["incr", "n"], ["INCR", "n"], ["INCR", "n"], ["INCR", "n"]])
            try await eventually("two have arrived") { try server.execute("GET", "n") == "2" }
            try await eventually("it is cut") { proxy.cuts == 1 }
            #expect(proxy.commands == ["PING": 1, "INCR": 3])
            #expect(proxy.accepted == 1)
            #expect(try RawConnection(port: proxy.port).execute(["GET", "n"]) == "2")
        }
    }

    @Test("loses the reply it is told to lose, after the server has executed the command")
    func lostReply() async throws {
        try await withProxy { server, proxy in
            proxy.cut(at: 2, of: .replies)
            let connection = try RawConnection(port: proxy.port)
            #expect(try connection.execute(["INCR", "n"]) == "1")
            #expect(failure { try connection.execute(["INCR", "n"]) }.contains("closed"))
            #expect(try server.execute("GET", "n") == "2")
        }
    }

    @Test("cuts one long reply after so many bytes, and lets short ones pass")
    func longReply() async throws {
        try await withProxy { server, proxy in
            try server.execute("SET", "long", String(repeating: "x", count: 300))
            let connection = try RawConnection(port: proxy.port)
            proxy.cutNextReply(ofAtLeast: 200, after: 50)
            #expect(try connection.execute(["PING"]) == "PONG")
            #expect(failure { try connection.execute(["GET", "long"]) }.contains("closed"))
            #expect(try RawConnection(port: proxy.port).execute(["GET", "long"]).count == 300)
            #expect(proxy.cuts == 1)
        }
    }

    @Test("cuts the reply to one command, by any name, or the reply behind it, and counts which")
    func namedReply() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server) { words in
                words[0] == "GET" ? "\(words[1]) of \(words.count)" : words[0]
            }
            defer { proxy.close() }
            try server.execute("SET", "a", "12345")
            try server.execute("SET", "b", "67890")
            // `$5\r\n12345\r\n`, eleven bytes, and then eleven more.
            for bytes in [0, 10, 11, 15, 99] {
                proxy.cutNextReply(to: "a of 2", after: bytes, of: 2)
                let connection = try RawConnection(port: proxy.port)
                #expect(try connection.execute(["GET", "b"]) == "67890")
                #expect(try connection.execute(["PING"]) == "PONG")
                try connection.send([["GET", "a"], ["GET", "b"]])
                if bytes > 10 { #expect(try connection.reply() == "12345") }
                #expect(failure { try connection.reply() }.contains("closed"))
            }
            #expect(proxy.wounds == ["a of 2": 2, "b of 2": 3])
            #expect(proxy.cuts == 5)
        }
    }

    @Test("ends connections by a reset where that is wanted: at once, and in the middle of a reply")
    func reset() async throws {
        try await withProxy { _, proxy in
            let first = try RawConnection(port: proxy.port)
            _ = try first.execute(["PING"])
            proxy.cutAll(by: .reset)
            #expect(failure { try first.reply() }.contains("reset"))
            let second = try RawConnection(port: proxy.port)
            _ = try second.execute(["PING"])
            proxy.cutReplies(after: 3, by: .reset)
            #expect(failure { try second.execute(["PING"]) }.contains("reset"))
            #expect(proxy.cuts == 2)
        }
    }

    @Test("delays each reply without changing their order")
    func delay() async throws {
        try await withProxy { _, proxy in
            let connection = try RawConnection(port: proxy.port)
            _ = try connection.execute(["PING"])
            proxy.delay(.replies, by: .milliseconds(200))
            let start = ContinuousClock.now
            try connection.send((1...5).map { ["ECHO", "\($0)"] })
            let first = try connection.reply()
            #expect(start.duration(to: .now) >= .milliseconds(200))
            proxy.delay(.replies, by: .zero)
            try connection.send([["ECHO", "6"]])
            #expect(try [first] + (1...5).map { _ in try connection.reply() } == ["1", "2", "3", "4", "5", "6"])
        }
    }

    @Test("holds each direction by itself, the end of a stream too, and sends on what was held")
    func stall() async throws {
        try await withProxy { server, proxy in
            var connection: RawConnection? = try RawConnection(port: proxy.port)
            _ = try connection?.execute(["PING"])
            proxy.stall([.replies])
            try connection?.send([["INCR", "n"]])
            try await eventually("the request has arrived") { try server.execute("GET", "n") == "1" }
            proxy.stall([.requests])
            #expect(try connection?.reply() == "1")
            try connection?.send([["INCR", "n"]])
            // Its socket is closed, and the server is not told yet.
            connection = nil
            #expect(try server.execute("GET", "n") == "1")
            let clients = try server.execute("CLIENT", "LIST").split(separator: "\n").count
            proxy.unstall()
            try await eventually("the request arrives late") { try server.execute("GET", "n") == "2" }
            try await eventually("and so does the end") {
                try server.execute("CLIENT", "LIST").split(separator: "\n").count == clients - 1
            }
        }
    }
}
