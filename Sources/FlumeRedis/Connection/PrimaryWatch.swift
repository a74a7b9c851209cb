import NIOCore
import Synchronization

/// Asks Sentinel once a second where the primary is, for all connections of a client and its siblings.
///
/// Sentinel leaves a primary that it has replaced while it was well writable, and makes a replica of it about ten seconds
/// later. All that it acknowledges till then is lost, and none of its connections breaks before that.
final class PrimaryWatch: Sendable {
    /// A connection to a primary.
    struct Connection: Sendable {
        let address: RedisConfiguration.Address
        let eventLoop: any EventLoop
        /// Called on the event loop when the primary is somewhere else.
        let leave: @Sendable (RedisConfiguration.Address) -> Void
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var isRunning = false
    }

    private static let interval = TimeAmount.seconds(1)

    private let state = Mutex(State())
    /// The Sentinel that answered last is asked first, by all: where two Sentinels name one primary differently, connections
    /// that asked one would leave again and again on the word of the other.
    let favourite = Mutex<RedisSentinel.Endpoint?>(nil)

    /// Watches over a connection, in place of its owner's last one.
    ///
    /// `dialer` knows the Sentinels.
    func add(_ connection: Connection, of owner: ObjectIdentifier, with dialer: Dialer) {
        let begins = state.withLock { state in
            state.connections[owner] = connection
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if begins { ask(dialer, on: connection.eventLoop) }
    }

    /// The owner's connection is over.
    func remove(_ owner: ObjectIdentifier) {
        state.withLock { _ = $0.connections.removeValue(forKey: owner) }
    }

    private func ask(_ dialer: Dialer, on eventLoop: any EventLoop) {
        eventLoop.scheduleTask(in: Self.interval) { [self] in
            let goesOn = state.withLock { state in
                state.isRunning = !state.connections.isEmpty
                return state.isRunning
            }
            guard goesOn else { return }
            dialer.serverAddress(on: eventLoop).whenComplete { [self] result in
                // Sentinels that do not answer say nothing of the primary.
                if case .success(let address) = result { tell(address) }
                ask(dialer, on: eventLoop)
            }
        }
    }

    private func tell(_ address: RedisConfiguration.Address) {
        let others = state.withLock { $0.connections.values.filter { $0.address != address } }
        for connection in others { connection.eventLoop.execute { connection.leave(address) } }
    }
}
