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
    /// Which way bytes go.
    public enum Direction: Sendable, Hashable, CaseIterable {
        /// From the client to the server.
        case requests
        /// From the server to the client.
        case replies
    }

    private struct State {
        var passed = (requests: 0, replies: 0)
        var fatal: (number: Int, direction: Direction)?
        var connections: [Int32: Int32] = [:]
        var replyBudget: Int?
        var isSilent: Set<Direction> = []
        var isClosed = false
        var cuts = 0
        var accepted = 0

        /// Counts a message.
        ///
        /// - Returns: whether it is the one that does not arrive.
        mutating func isFatal(_ direction: Direction) -> Bool {
            let number: Int
            switch direction {
            case .requests:
                passed.requests += 1
                number = passed.requests
            case .replies:
                passed.replies += 1
                number = passed.replies
            }
            guard let fatal, fatal == (number, direction) else { return false }
            cuts += 1
            return true
        }
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

    /// Cuts the connection on which this message comes, counted from the start over all connections; it does not arrive.
    ///
    /// A message is what comes at once: a command or several, a reply or several.
    public func cut(at number: Int, of direction: Direction) { state.withLock { $0.fatal = (number, direction) } }

    /// How many messages have come so far.
    public var passed: (requests: Int, replies: Int) { state.withLock { $0.passed } }

    /// Swallows everything in both directions, as a network that drops every packet; false to be a proxy again.
    public func setSilent(_ isSilent: Bool) { setSilent(isSilent ? Set(Direction.allCases) : []) }

    /// Swallows everything that goes in these directions, and lets pass what goes in the others.
    public func setSilent(_ directions: Set<Direction>) { state.withLock { $0.isSilent = directions } }

    /// How many connections clients have made so far.
    public var accepted: Int { state.withLock { $0.accepted } }

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
                state.accepted += 1
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
                let direction: Direction = isReply ? .replies : .requests
                if state.isSilent.contains(direction) { return (0, false) }
                if state.isFatal(direction) { return (0, true) }
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
