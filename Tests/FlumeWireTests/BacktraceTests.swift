import Testing

@testable import FlumeWire

@Suite("stored backtraces")
struct BacktraceTests {
    @Test("of a backtrace without end the first lines are stored")
    func endless() throws {
        let line = String(repeating: "x", count: 1000)
        let stored = try #require(BacktraceCoding.encode(Array(repeating: line, count: 100_000)))
        let read = try #require(BacktraceCoding.decode(stored))
        #expect(read.count == BacktraceCoding.greatestLength / 1000)
        #expect(read.allSatisfy { $0 == line })
    }

    @Test("those of every version are read, with line feeds and without", arguments: Fixture.sidekiqs)
    func captured(version: String) throws {
        let payload = try JobPayload(parsing: Fixture.job("sidekiq-\(version)", "fail1.retry.FailBtJob"))
        let stored = try #require(payload["error_backtrace"])
        #expect(stored.string?.contains("\n") == (version.hasPrefix("6")))
        let lines = try #require(BacktraceCoding.decode(stored))
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.contains(".rb:") })
        // zlib and JSON are the same on both sides, so the bytes are too, but for the line feeds of old versions.
        #expect(BacktraceCoding.encode(lines) == stored.string?.filter { $0 != "\n" })
    }

    @Test(
        "what is written can be read", arguments: [[], ["a"], ["é\n\"", "", String(repeating: "x", count: 100_000)]])
    func roundTrip(lines: [String]) throws {
        let text = try #require(BacktraceCoding.encode(lines))
        #expect(!text.contains("\n"))
        #expect(BacktraceCoding.decode(text) == lines)
    }

    @Test("a plain array, as of 6.0.0, is read")
    func plainArray() {
        #expect(BacktraceCoding.decode(["a", "b"]) == ["a", "b"])
    }

    @Test(
        "what is no backtrace is none",
        arguments: ["", "!!!", "eJy1", "H4sIAAAAAAAAA0vLzwcAIWVzjAMAAAA=", "eJwDAAAAAAE="])
    func refused(text: String) {
        #expect(BacktraceCoding.decode(text) == nil)
        #expect(BacktraceCoding.decode(5) == nil)
    }

    @Test("a bomb is not expanded")
    func bomb() throws {
        let json = Array(#"[""#.utf8) + [UInt8](repeating: 120, count: 64 << 20) + Array(#""]"#.utf8)
        let text = String(decoding: Base64.encode(try #require(Zlib.deflate(json))), as: UTF8.self)
        #expect(text.utf8.count < 200_000)
        #expect(BacktraceCoding.decode(text) == nil)
    }

    @Test("truncated ones are refused without a trap")
    func truncated() throws {
        let text = try #require(BacktraceCoding.encode(["app/a.rb:1", "app/b.rb:2"]))
        for length in 0..<text.count - 4 { #expect(BacktraceCoding.decode(String(text.prefix(length))) == nil) }
    }

    @Test(
        "base64 has the standard forms",
        arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func base64(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == Array(coded.utf8))
        #expect(Base64.decode(coded.utf8) == Array(plain.utf8))
    }

    @Test("fewer than no lines are none")
    func negative() {
        #expect(BacktraceSetting.lines(-1).select(["a"]) == [])
    }
}
