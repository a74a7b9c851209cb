import NIOCore
import Testing

@testable import FlumeRedis

@Suite("A command")
struct RedisCommandTests {
    private func written(_ command: RedisCommand, inFull: Bool = false) -> String {
        var buffer = ByteBuffer()
        command.write(to: &buffer, inFull: inFull)
        return String(buffer: buffer)
    }

    @Test("is written as an array of bulk strings")
    func arguments() {
        var command = RedisCommand("SET", "clé", "")
        command.append([UInt8]("x\r\ny".utf8))
        command.append(Array("0123456789AB".utf8)[2...])
        for number in [0, 9, 10, -1, Int.max] { command.append(number) }
        #expect(
            written(command) == "*10\r\n$3\r\nSET\r\n$4\r\nclé\r\n$0\r\n\r\n$4\r\nx\r\ny\r\n$10\r\n23456789AB\r\n"
                + "$1\r\n0\r\n$1\r\n9\r\n$2\r\n10\r\n$2\r\n-1\r\n$19\r\n9223372036854775807\r\n")
    }

    @Test(
        "writes a floating-point number so that it reads back as the same",
        arguments: [0.1, 1e300, -2.5e-9, 1763726000.123456])
    func doubles(value: Double) throws {
        var command = RedisCommand("X")
        command.append(value)
        let text = written(command).split(separator: "\r\n").last
        #expect(text.flatMap { Double(String($0)) } == value)
    }

    @Test("that runs a script is written with its source until the digest is known")
    func scripts() {
        let script = RedisScript(name: "one", source: "return 1")
        let command = RedisCommand(script, keys: ["k"])
        let inFull = "*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n"
        #expect(written(command) == inFull)
        script.learn(.status("not a digest"))
        #expect(written(command) == inFull)
        let digest = String(repeating: "a", count: 40)
        script.learn(.bytes(Array(digest.utf8)))
        #expect(written(command) == "*4\r\n$7\r\nEVALSHA\r\n$40\r\n\(digest)\r\n$1\r\n1\r\n$1\r\nk\r\n")
        #expect(written(command, inFull: true) == inFull)
    }
}
