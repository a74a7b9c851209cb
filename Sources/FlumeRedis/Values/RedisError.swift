/// What went wrong between this process and Redis, sorted by what the caller can do about it.
///
/// The message is a sentence for people. It never contains a password.
public struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of fault it is.
    public let code: Code
    /// One sentence that says what happened and, where something can be done, what to do.
    public let message: String
    /// The text of the server's `-ERR` reply without the dash, when the server sent one.
    public let serverMessage: String?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: What kind of fault it is.
    ///   - message: One sentence; no password in it.
    ///   - serverMessage: The text of the server's error reply, if there was one.
    public init(_ code: Code, _ message: String, serverMessage: String? = nil) {
        self.code = code
        self.message = message
        self.serverMessage = serverMessage
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }

    /// Whether the command was certainly not executed and may work when it is sent again, at once or after a while.
    public var isRetriable: Bool {
        switch code.recovery {
        case .reconnectAndRetry, .waitAndRetry, .reloadScript: true
        case .unknownOutcome, .refused, .configuration, .none: false
        }
    }

    /// The kind of a fault.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case connectionClosed, unknownOutcome, timedOut, closed
            case loading, busy, masterDown, clusterDown
            case readOnly, noScript, unblocked, refused, configuration, reply, protocolViolation
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// There is no connection and nothing was sent.
        public static let connectionClosed = Code(.connectionClosed)
        /// The connection was lost after the write: the server may or may not have executed the command.
        public static let unknownOutcome = Code(.unknownOutcome)
        /// The deadline passed while the command waited for a connection; nothing was sent.
        public static let timedOut = Code(.timedOut)
        /// The client was shut down by ``RedisClient/close()`` or its service group; nothing was sent.
        public static let closed = Code(.closed)
        /// `LOADING`: the server reads its data from disk.
        public static let loading = Code(.loading)
        /// `BUSY`: a script of somebody's keeps the server from answering; or it has no room for another client.
        public static let busy = Code(.busy)
        /// `MASTERDOWN`: a replica that has lost its primary.
        public static let masterDown = Code(.masterDown)
        /// `CLUSTERDOWN` or `TRYAGAIN`: a cluster that is changing its shape.
        public static let clusterDown = Code(.clusterDown)
        /// `READONLY`: the server is a replica (now), and the client reconnects by itself.
        public static let readOnly = Code(.readOnly)
        /// `NOSCRIPT`: the server does not know the script; the client handles it for ``RedisScript``s.
        public static let noScript = Code(.noScript)
        /// `UNBLOCKED`: an operator ended a blocking command with CLIENT UNBLOCK.
        public static let unblocked = Code(.unblocked)
        /// The server refuses the write: `OOM`, `NOREPLICAS`, `NOPERM`, `MISCONF`.
        public static let refused = Code(.refused)
        /// The settings do not fit the server: password, user, database, certificate, cluster.
        public static let configuration = Code(.configuration)
        /// Any other error reply, such as `WRONGTYPE`.
        public static let reply = Code(.reply)
        /// What came back is not RESP2.
        public static let protocolViolation = Code(.protocolViolation)

        /// The name of the code, as it is written in Swift.
        public var description: String { kind.rawValue }

        /// What the caller can do.
        public var recovery: Recovery {
            switch kind {
            case .connectionClosed, .timedOut, .readOnly: .reconnectAndRetry
            case .loading, .busy, .masterDown, .clusterDown, .unblocked: .waitAndRetry
            case .noScript: .reloadScript
            case .unknownOutcome, .protocolViolation: .unknownOutcome
            case .refused: .refused
            case .configuration: .configuration
            case .reply, .closed: .none
            }
        }
    }

    /// What a caller can do about an error.
    public enum Recovery: Sendable, Hashable {
        /// Nothing was executed; the client is reconnecting: send it again.
        case reconnectAndRetry
        /// Nothing was executed; the server cannot at the moment: send it again after a pause.
        case waitAndRetry
        /// Nothing was executed; send the source of the script instead of its digest.
        case reloadScript
        /// It may have been executed: send it again only if doing it twice does no harm.
        case unknownOutcome
        /// The server is up and refuses: tell whoever asked.
        case refused
        /// An operator has to change a setting.
        case configuration
        /// Nothing: the command itself is wrong, or the client is shut down.
        case none
    }
}
