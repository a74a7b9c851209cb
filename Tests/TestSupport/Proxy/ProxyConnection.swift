import Glibc
import NIOCore

/// A client's connection and the one to the server that belongs to it, on one event loop.
final class ProxyConnection {
    let plan: ProxyPlan
    private let client: any Channel
    private let server: any Channel
    private var lanes: [ProxyLane] = []
    /// The names of the commands that are not answered yet.
    private var unanswered: CircularBuffer<String> = []

    init(client: any Channel, server: any Channel, plan: ProxyPlan) {
        self.client = client
        self.server = server
        self.plan = plan
    }

    /// Joins the two.
    ///
    /// - Throws: when a channel is closed already.
    func open() throws {
        let requests = ProxyLane(.requests, to: server, of: self)
        let replies = ProxyLane(.replies, to: client, of: self)
        lanes = [requests, replies]
        try client.pipeline.syncOperations.addHandler(ProxyRelay(self, into: requests))
        try server.pipeline.syncOperations.addHandler(ProxyRelay(self, into: replies))
    }

    /// A command goes to the server.
    func asked(_ name: String) { unanswered.append(name) }

    /// A reply comes back; there are more of them than commands on a connection that has subscribed to something.
    ///
    /// - Returns: the name of the command.
    func answered() -> String? { unanswered.popFirst() }

    /// Sends on what may go on now, after the proxy was told something else.
    func pump() { for lane in lanes { lane.pump() } }

    /// Ends both sides; what is held never arrives.
    func end(_ ending: ProxyEnding) {
        for lane in lanes { lane.discard() }
        if ending == .reset, let socket = client as? any SocketOptionProvider {
            // Without a time to linger the kernel throws away what is unsent and says so to the other side.
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        // What was written just now is in the socket already, or goes before this.
        client.close(promise: nil)
        server.close(promise: nil)
    }
}
