import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A blocking connection to a Unix socket or a local port that speaks just enough RESP2 to set up and check a server.
///
/// It shares no line with the client under test.
final class RawConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    convenience init(path: String) throws { try self.init(UnixSocket.connect(path)) }

    convenience init(port: Int) throws { try self.init(LocalPort.connect(port)) }

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends a command; an array comes back as its elements joined by newlines, nil as "(nil)".
    func execute(_ arguments: [String]) throws -> String {
        try send([arguments])
        return try reply()
    }

    /// Sends commands in one piece.
    func send(_ commands: [[String]]) throws {
        var request: [UInt8] = []
        for arguments in commands {
            request += Array("*\(arguments.count)\r\n".utf8)
            for argument in arguments {
                request += Array("$\(argument.utf8.count)\r\n".utf8) + Array(argument.utf8) + [13, 10]
            }
        }
        guard UnixSocket.write(request[...], to: descriptor) else {
            throw TestSupportError("the server closed the connection")
        }
    }

    /// The next reply.
    func reply() throws -> String {
        let line = try readLine()
        let rest = String(decoding: line.dropFirst(), as: UTF8.self)
        switch line.first {
        case UInt8(ascii: "+"), UInt8(ascii: ":"): return rest
        case UInt8(ascii: "-"): throw TestSupportError(rest)
        case UInt8(ascii: "$"):
            guard let count = Int(rest), count >= 0 else { return "(nil)" }
            return String(decoding: try read(count + 2).dropLast(2), as: UTF8.self)
        case UInt8(ascii: "*"):
            guard let count = Int(rest), count >= 0 else { return "(nil)" }
            return try (0..<count).map { _ in try reply() }.joined(separator: "\n")
        default: throw TestSupportError("not RESP2: \(rest)")
        }
    }

    private func readLine() throws -> [UInt8] {
        while true {
            if let end = buffer.firstIndex(of: 13), end + 1 < buffer.count {
                return Array(try read(end + 2).dropLast(2))
            }
            try fill()
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try fill() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        guard count != 0 else { throw TestSupportError("the server closed the connection") }
        guard count > 0 else {
            throw TestSupportError(errno == ECONNRESET ? "the connection was reset" : "no answer: errno \(errno)")
        }
        buffer += chunk[..<count]
    }
}
