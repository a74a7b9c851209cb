import FlumeWorker
import TestSupport
import Testing

@testable import FlumeHealth

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("The health endpoint's HTTP")
struct ProtocolTests {
    @Test("all is well: 200, with a body for a person and none for HEAD")
    func healthy() async throws {
        try await withEndpoint(health: healthyWorker) { address in
            for (path, body) in [("/live", "live\n"), ("/ready", "ready\n"), ("/live?verbose=1", "live\n")] {
                let answer = try await HTTPCall.get(path, at: address)
                #expect(answer.status == 200 && answer.body == body, "\(path): \(answer)")
                #expect(answer.headers["connection"] == "close")
                let head = try await HTTPCall.get(path, at: address, method: "HEAD")
                #expect(head.status == 200 && head.body.isEmpty)
                #expect(head.headers["content-length"] == "\(body.utf8.count)")
            }
            let metrics = try await HTTPCall.get("/metrics", at: address)
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let old = try HTTPCall(await HTTPCall.exchange("GET /live HTTP/1.0\r\n\r\n", at: address))
            #expect(old.status == 200 && old.body == "live\n")
        }
    }

    @Test("another path is 404, another method 405 with what is allowed")
    func refused() async throws {
        try await withEndpoint(health: healthyWorker) { address in
            for path in ["/", "/livez", "/live/", "//live", "/LIVE", "/%6cive", "*", "http://test/live"] {
                #expect(try await HTTPCall.get(path, at: address).status == 404, "\(path)")
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
                let answer = try await HTTPCall.get("/live", at: address, method: method)
                #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD", "\(method)")
            }
            let post = "POST /ready HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody"
            #expect(try HTTPCall(await HTTPCall.exchange(post, at: address)).status == 405)
        }
    }

    @Test("what is no HTTP gets 400 or a closed connection, and the next request its answer")
    func malformed() async throws {
        let broken = [
            "\r\n\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET /live\r\n\r\n", "get /live HTTP/1.1\r\n\r\n",
            "GET /live HTTP/9.9\r\n\r\n", "GET /li\u{7f}ve HTTP/1.1\r\n\r\n", "GET /live HTTP/1.1\r\nNo colon\r\n\r\n",
            "GET /live HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "*1\r\n$4\r\nPING\r\n\r\n",
            "POST /live HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST /live HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /live HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
            "GET /live HTTP/1.1\r\nHost: a\r\n\r\nGET /live HTTP/1.1\r\n\r\n" + String(repeating: "x", count: 9000),
        ]
        try await withEndpoint(patience: .milliseconds(300), health: healthyWorker) { address in
            for request in broken {
                let answer = try await HTTPCall.exchange(request, at: address)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "\(request.debugDescription): \(answer)")
                #expect(try await HTTPCall.get("/live", at: address).status == 200, "\(request.debugDescription)")
            }
        }
    }

    @Test("random bytes do no harm")
    func random() async throws {
        var generator = SeededGenerator.printed()
        let seed = generator.seed
        let start = ["", "GET ", "GET /live HTTP/1.1\r\n", "POST /live HTTP/1.1\r\nHost: a\r\n\r\n"]
        try await withEndpoint(patience: .milliseconds(50), health: healthyWorker) { address in
            for _ in 0..<50 {
                let bytes = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                let request = (start.randomElement(using: &generator) ?? "") + String(decoding: bytes, as: UTF8.self)
                _ = try await HTTPCall.exchange(request, at: address)
            }
            #expect(try await HTTPCall.get("/live", at: address).status == 200, "seed \(seed)")
        }
    }

    @Test("a request that is too large is refused")
    func tooLarge() async throws {
        try await withEndpoint(health: healthyWorker) { address in
            let padding = String(repeating: "x", count: 20_000)
            for request in [
                "GET /live HTTP/1.1\r\nPadding: \(padding)\r\n\r\n", "GET /\(padding) HTTP/1.1\r\n\r\n", padding,
            ] {
                let answer = try await HTTPCall.exchange(request, at: address)
                // The rest of the request may be on its way still, and its reset overtakes the answer.
                #expect(answer.isEmpty || ["431", "400", "414"].contains(answer.dropFirst(9).prefix(3)), "\(answer)")
            }
            #expect(try await HTTPCall.get("/live", at: address).status == 200)
        }
    }

    @Test("a client that never ends its request is sent away when its time is up")
    func slow() async throws {
        try await withEndpoint(patience: .milliseconds(100), health: healthyWorker) { address in
            for request in ["", "GET", "GET /live HTTP/1.1\r\nHost: "] {
                let answer = try HTTPCall(await HTTPCall.exchange(request, at: address))
                #expect(answer.status == 408)
            }
        }
    }

    @Test("however many connections are held open, the next one is answered")
    func crowd() async throws {
        try await withEndpoint(patience: .seconds(60), health: healthyWorker) { address in
            let idle = try await HTTPCall.onThread { try (0..<200).map { _ in try HTTPCall.open(address) } }
            #expect(try await HTTPCall.get("/live", at: address).status == 200)
            // The oldest were sent away, and the newest wait.
            let first = idle[0]
            #expect(try await HTTPCall.onThread { HTTPCall.receive(from: first) } == "")
            for descriptor in idle { close(descriptor) }
            #expect(try await HTTPCall.get("/ready", at: address).status == 200)
        }
    }
}
