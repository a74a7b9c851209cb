import Foundation
import FlumeWorker
import TestSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One HTTP request over a blocking socket of the tests' own, on a thread of its own.
struct HTTPCall: Sendable {
    var status: Int
    var headers: [String: String]
    var body: String

    /// Asks for a page.
    static func get(_ path: String, at address: HealthAddress, method: String = "GET") async throws -> HTTPCall {
        try HTTPCall(await exchange("\(method) \(path) HTTP/1.1\r\nHost: test\r\n\r\n", at: address))
    }

    /// Sends bytes, and returns everything that comes until the other side closes.
    static func exchange(_ request: String, at address: HealthAddress) async throws -> String {
        try await onThread {
            let descriptor = try open(address)
            defer { close(descriptor) }
            // What is not read any more may be refused.
            _ = send(Array(request.utf8), to: descriptor)
            return receive(from: descriptor)
        }
    }

    /// Runs something that blocks.
    static func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    init(_ text: String) throws {
        guard let end = text.range(of: "\r\n\r\n") else { throw TestSupportError("no answer: '\(text)'") }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count > 1, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw TestSupportError("no status: '\(text)'")
        }
        self.status = status
        headers = [:]
        for line in lines.dropFirst() {
            let parts = line.components(separatedBy: ": ")
            headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
        }
        body = String(text[end.upperBound...])
    }

    /// A connected socket that gives up after a while.
    static func open(_ address: HealthAddress) throws -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor: Int32
        let result: Int32
        switch address {
        case .tcp(_, let port):
            descriptor = socket(AF_INET, type, 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = in_port_t(UInt16(port)).bigEndian
            name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            result = unsafe withUnsafePointer(to: &name) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .unix(let path):
            descriptor = socket(AF_UNIX, type, 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
            result = unsafe withUnsafePointer(to: &name) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw TestSupportError("nobody listens on \(address)")
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    /// Sends bytes; false when the other side is gone.
    static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count
        }
    }

    /// Everything until the other side closes.
    static func receive(from descriptor: Int32) -> String {
        UnixSocket.readToEnd(of: descriptor)
    }
}
