import NIOCore
import TestSupport
import Testing

@testable import FlumeRedis

@Suite("The reply parser")
struct ReplyParserTests {
    @Test("reads the types of RESP2")
    func types() throws {
        let text =
            "+OK\r\n:-42\r\n$5\r\nhe\0lo\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n*3\r\n:1\r\n*1\r\n$1\r\na\r\n-ERR no\r\n"
        #expect(
            try parse([Array(text.utf8)]) == [
                .status("OK"), .integer(-42), .bytes(Array("he\0lo".utf8)), .null, .null, .array([]), .bytes([]),
                .array([.integer(1), .array([.bytes([97])]), .error(RedisError(server: "ERR no"))]),
            ])
    }

    @Test("gives the same replies however the bytes are cut")
    func chopping() throws {
        var random = SeededGenerator.printed()
        for _ in 0..<150 {
            let replies = (0..<Int.random(in: 1...6, using: &random)).map { _ in randomReply(&random, depth: 0) }
            var bytes: [UInt8] = []
            for reply in replies { encode(reply, into: &bytes) }
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = min(
                    rest.count, Int.random(in: 1...Int.random(in: 1...40_000, using: &random), using: &random))
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(try parse(pieces) == replies)
        }
    }

    @Test("gives an error and does not trap, whatever the bytes")
    func garbage() {
        var random = SeededGenerator.printed()
        let alphabet = Array("$*:+-\r\n0123456789\r\n\r\n*$".utf8)
        for round in 0..<6_000 {
            var bytes: [UInt8] = []
            if round.isMultiple(of: 2) {
                for _ in 0..<3 { encode(randomReply(&random, depth: 0, size: 20), into: &bytes) }
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[index] = alphabet.randomElement(using: &random) ?? 0
                }
            } else {
                let count = Int.random(in: 1...60, using: &random)
                bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            }
            _ = try? parse([bytes])
        }
    }

    @Test(
        "refuses what is not RESP2",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "*1\r\n?\r\n", "$abc\r\n", "$-2\r\n", "*-7\r\n", ":12x\r\n",
            "*99999999999999999999\r\n",
            // hiredis cuts the length to 32 bits: to 0, and to -1.
            "*4294967296\r\n:1\r\n:2\r\n", "*4294967295\r\n:1\r\n",
            // Deeper than hiredis 0.14 can go.
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        ])
    func malformed(text: String) {
        let error = #expect(throws: RedisError.self) { _ = try parse([Array(text.utf8)]) }
        #expect(error?.code == .protocolViolation)
    }

    @Test("reserves no memory for what is only announced")
    func announcements() throws {
        #expect(try parse([Array("*2147483647\r\n:1\r\n".utf8), Array("$9223372036854775000\r\nabc".utf8)]) == [])
    }

    @Test("refuses a reply that is larger than its limit, in one string or in many elements")
    func limit() {
        for head in ["$1000000000\r\n", "*1000000000\r\n"] {
            let error = #expect(throws: RedisError.self) {
                let element = Array(repeating: Array("$6\r\nabcdef\r\n".utf8), count: 10).flatMap { $0 }
                _ = try parse([Array(head.utf8)] + Array(repeating: element, count: 2000), limit: 100_000)
            }
            #expect(error?.code == .protocolViolation)
        }
    }

    @Test("refuses a line that does not end, before it has looked through it too often")
    func endlessLine() {
        for head in ["+", "-", ":", "$", "*", "*1\r\n+", "+\r"] {
            let piece = [UInt8](repeating: head == "+" ? 13 : UInt8(ascii: "1"), count: 1 << 16)
            let error = #expect(throws: RedisError.self) {
                _ = try parse([Array(head.utf8)] + Array(repeating: piece, count: 4))
            }
            #expect(error?.code == .protocolViolation, "\(head)")
        }
    }

    @Test("refuses a reply of too many elements, in one array or in many")
    func elements() throws {
        let flat = Array("*1001\r\n".utf8) + Array(repeating: Array(":1\r\n".utf8), count: 1001).flatMap { $0 }
        let nested =
            Array("*500\r\n".utf8) + Array(repeating: Array("*1\r\n:1\r\n".utf8), count: 500).flatMap { $0 }
        for bytes in [flat, nested] {
            let error = #expect(throws: RedisError.self) { _ = try parse([bytes], mostElements: 1000) }
            #expect(error?.message.contains("more than 1000 elements") == true, "\(String(describing: error))")
        }
        // Each reply for itself.
        let many = Array(repeating: Array("*400\r\n".utf8) + flat.dropFirst(7).prefix(1600), count: 20).flatMap { $0 }
        #expect(try parse([many], mostElements: 1000).count == 20)
    }

    @Test("counts each reply on its own against the limit")
    func limitIsPerReply() throws {
        let reply = Array("$10000\r\n".utf8) + [UInt8](repeating: 1, count: 10_000) + [13, 10]
        let bytes = Array(repeating: reply, count: 50).flatMap { $0 }
        #expect(try parse([bytes], limit: 30_000).count == 50)
    }
}

private func parse(
    _ pieces: [[UInt8]], limit: Int = ReplyParser.defaultLimit, mostElements: Int = ReplyBuilder.mostElements
) throws -> [RedisReply] {
    let parser = try ReplyParser(limit: limit, mostElements: mostElements)
    var replies: [RedisReply] = []
    for piece in pieces {
        try parser.parse(ByteBuffer(bytes: piece)) { reply in
            replies.append(reply)
            return true
        }
    }
    return replies
}

private func randomReply(
    _ random: inout SeededGenerator, depth: Int, size: Int = 50_000
) -> RedisReply {
    switch Int.random(in: 0...(depth < 6 ? 7 : 4), using: &random) {
    case 0: return .null
    case 1: return .integer(Int.random(in: .min ... .max, using: &random))
    case 2: return .status("status \(Int.random(in: 0...999, using: &random))")
    case 3: return .error(RedisError(server: "ERR \(Int.random(in: 0...999, using: &random))"))
    case 4:
        let isLarge = Int.random(in: 0..<20, using: &random) == 0
        let count = Int.random(in: 0...(isLarge ? size : 20), using: &random)
        return .bytes((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    default:
        let count = Int.random(in: 0...4, using: &random)
        return .array((0..<count).map { _ in randomReply(&random, depth: depth + 1, size: size) })
    }
}

private func encode(_ reply: RedisReply, into bytes: inout [UInt8]) {
    switch reply {
    case .null: bytes += Array("$-1\r\n".utf8)
    case .integer(let value): bytes += Array(":\(value)\r\n".utf8)
    case .status(let text): bytes += Array("+\(text)\r\n".utf8)
    case .error(let error): bytes += Array("-\(error.serverMessage ?? "")\r\n".utf8)
    case .bytes(let value): bytes += Array("$\(value.count)\r\n".utf8) + value + [13, 10]
    case .array(let elements):
        bytes += Array("*\(elements.count)\r\n".utf8)
        for element in elements { encode(element, into: &bytes) }
    }
}
