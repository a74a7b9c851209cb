import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A proxy between a client and a server's Unix socket that can cut connections in the middle of a reply, or go silent.
///
/// It listens on a Unix socket of its own. Threads and blocking calls, so that it works whatever the code under test
/// does to event loops and to the cooperative pool.
public final class FaultProxy: Sendable {
    private struct State {
        var connections: [Int32: Int32] = [:]
        var replyBudget: Int?
        var isSilent = false
        var isClosed = false
        var cuts = 0
    }

    /// Where clients connect to.
    public let socketPath: String
    private let upstreamPath: String
    private let listener: Int32
    private let state = Mutex(State())

    /// The URL of a database through the proxy.
    public func url(database: Int = 0) -> String { "unix://\(socketPath)?db=\(database)" }

    /// How many connections it has cut.
    public var cuts: Int { state.withLock { $0.cuts } }

    /// Starts a proxy.
    ///
    /// - Parameter server: The server behind it.
    /// - Throws: ``TestSupportError`` when it cannot listen.
    public init(to server: RedisServer) throws {
        upstreamPath = server.socketPath
        socketPath = server.directory.file("proxy-\(UInt32.random(in: .min ... .max)).sock")
        listener = try UnixSocket.listen(socketPath)
        Thread.detachNewThread { self.accept() }
    }

    /// Cuts each connection, old or new, after this many more bytes of replies; nil for never.
    public func cutReplies(after bytes: Int?) { state.withLock { $0.replyBudget = bytes } }

    /// Swallows everything in both directions, as a network that drops every packet; false to be a proxy again.
    public func setSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    /// Cuts all connections and listens no more.
    public func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for (client, upstream) in connections { cut(client, upstream) }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard let upstream = try? UnixSocket.connect(upstreamPath) else {
                _ = Glibc.close(client)
                continue
            }
            let isClosed = state.withLock { state in
                state.connections[client] = upstream
                return state.isClosed
            }
            if isClosed { cut(client, upstream) }
            let open = OpenCount(closing: [client, upstream]) { self.state.withLock { $0.connections[client] = nil } }
            Thread.detachNewThread {
                self.copy(from: client, to: upstream, isReply: false)
                open.endOne()
            }
            Thread.detachNewThread {
                self.copy(from: upstream, to: client, isReply: true)
                open.endOne()
            }
        }
        _ = Glibc.close(listener)
    }

    private func copy(from source: Int32, to target: Int32, isReply: Bool) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe recv(source, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            let (allowed, isCut): (Int, Bool) = state.withLock { state in
                if state.isSilent { return (0, false) }
                guard isReply, let budget = state.replyBudget else { return (count, false) }
                state.replyBudget = max(budget - count, 0)
                guard budget < count else { return (count, false) }
                state.cuts += 1
                return (budget, true)
            }
            guard UnixSocket.write(chunk[..<allowed], to: target), !isCut else { break }
        }
        cut(source, target)
    }

    private func cut(_ one: Int32, _ other: Int32) {
        shutdown(one, Int32(SHUT_RDWR))
        shutdown(other, Int32(SHUT_RDWR))
    }
}

/// Closes both descriptors of a connection when both of its threads have ended, so that no number is reused early.
private final class OpenCount: Sendable {
    private let count = Atomic<Int>(2)
    private let descriptors: [Int32]
    private let whenDone: @Sendable () -> Void

    init(closing descriptors: [Int32], whenDone: @escaping @Sendable () -> Void) {
        self.descriptors = descriptors
        self.whenDone = whenDone
    }

    func endOne() {
        guard count.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 else { return }
        whenDone()
        for descriptor in descriptors { close(descriptor) }
    }
}
