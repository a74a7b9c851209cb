import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What an HTTP server on a Unix socket says.
public struct HTTPAnswer: Sendable {
    /// Such as 200.
    public var status: Int
    /// What follows the headers.
    public var body: String

    /// Asks for a page over a connection of its own, on a thread of its own.
    ///
    /// - Parameters:
    ///   - page: Such as `/live`.
    ///   - path: The path of the socket.
    /// - Returns: The answer.
    /// - Throws: ``TestSupportError`` when nobody listens or answers within ten seconds.
    public static func get(_ page: String, at path: String) async throws -> HTTPAnswer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try HTTPAnswer(exchange(page, path)) })
            }
        }
    }

    private init(_ text: String) throws {
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]), let end = text.range(of: "\r\n\r\n") else {
            throw TestSupportError("no answer: '\(text)'")
        }
        self.status = status
        body = String(text[end.upperBound...])
    }

    private static func exchange(_ page: String, _ path: String) throws -> String {
        let descriptor = try UnixSocket.connect(path)
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let request = Array("GET \(page) HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n".utf8)
        guard UnixSocket.write(request[...], to: descriptor) else { throw TestSupportError("\(path) took no request") }
        return UnixSocket.readToEnd(of: descriptor)
    }
}
