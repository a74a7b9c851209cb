import NIOCore
import Synchronization
import Testing

@testable import FlumeRedis

@Suite("The connection's state machine")
struct ConnectionStateMachineTests {
    @Test("connects on the first request and writes it after the hand-shake")
    func firstUse() {
        let harness = Harness()
        #expect(harness.machine.state == .idle)
        #expect(harness.submit("a").connectAfter == .zero)
        #expect(harness.submit("b").connectAfter == nil)
        #expect(harness.backOffEnded())
        #expect(harness.connected().count == 1)
        #expect(harness.written == [])
        let effects = harness.receive(.status("PONG"))
        #expect(effects?.writes == true)
        #expect(effects?.report == .connected)
        #expect(harness.written == ["a", "b"])
        harness.receive(.integer(1))
        harness.receive(.integer(2))
        #expect(harness.results == ["a": "1", "b": "2"])
        #expect(harness.machine.generation == 1)
    }

    @Test("logs in, selects the database and sets the name in this order")
    func handshake() {
        let configuration = RedisConfiguration(username: "u", password: "p", database: 4, clientName: "n")
        var handshake = Handshake(configuration)
        var buffer = ByteBuffer()
        for command in handshake.commands { command.write(to: &buffer) }
        let words = String(buffer: buffer).split(separator: "\r\n").filter { !$0.hasPrefix("$") && !$0.hasPrefix("*") }
        #expect(words == ["AUTH", "u", "p", "SELECT", "4", "CLIENT", "SETNAME", "n", "PING"])
        #expect(handshake.received(.status("OK")) == .waiting)
        #expect(handshake.received(.status("OK")) == .waiting)
        // A proxy without CLIENT SETNAME is fine.
        #expect(handshake.received(.error(RedisError(server: "ERR unknown command"))) == .waiting)
        #expect(handshake.received(.status("PONG")) == .ready)
    }

    @Test("never repeats the server's text about a refused log-in, which may quote the password")
    func secret() throws {
        var handshake = Handshake(RedisConfiguration(password: "secret"))
        let reply = RedisReply.error(
            RedisError(server: "ERR unknown command 'AUTH', with args beginning with: 'secret'"))
        guard case .failed(let error) = handshake.received(reply) else {
            Issue.record("the log-in was not refused")
            return
        }
        #expect(error.code == .configuration)
        #expect(!"\(error) \(error.serverMessage ?? "")".contains("secret"))
    }

    @Test("fails what was written with unknown outcome, keeps what was not for the next connection")
    func lostConnection() {
        let harness = Harness(ready: true)
        harness.submit("written")
        #expect(harness.written == ["written"])
        harness.machine.isWritable = false
        harness.submit("waiting")
        #expect(harness.written == ["written"])
        let effects = harness.lost(RedisError(.connectionClosed, "gone"))
        #expect(effects.report == .lost(RedisError(.connectionClosed, "gone")))
        #expect(effects.connectAfter == .milliseconds(25))
        harness.fail(effects)
        #expect(harness.results == ["written": "unknownOutcome"])
        harness.reconnect()
        #expect(harness.written == ["written", "waiting"])
        #expect(harness.machine.generation == 2)
    }

    @Test("reports a loss once, however many attempts fail")
    func reports() {
        let harness = Harness(ready: true)
        let error = RedisError(.connectionClosed, "gone")
        #expect(harness.lost(error).report == .lost(error))
        for _ in 0..<3 {
            #expect(harness.backOffEnded())
            #expect(harness.lost(error).report == nil)
        }
        #expect(harness.backOffEnded())
        _ = harness.connected()
        #expect(harness.receive(.status("PONG"))?.report == .restored(failures: 4))
    }

    @Test("fails what waits beyond its deadline as timed out, with the reason")
    func timeOutBeforeWrite() {
        let harness = Harness()
        harness.submit("early", timeout: .seconds(1))
        harness.submit("late", timeout: .seconds(3))
        #expect(harness.machine.nextDeadline == harness.now + .seconds(1))
        _ = harness.lost(RedisError(.connectionClosed, "nobody listens"))
        harness.now = harness.now + .seconds(2)
        let effects = harness.timePassed()
        #expect(effects.failed.first?.1.message.contains("nobody listens") == true)
        harness.fail(effects)
        #expect(harness.results == ["early": "timedOut"])
        harness.reconnect()
        #expect(harness.written == ["late"])
    }

    @Test("closes the connection when a written command passes its deadline, also behind a slower one")
    func timeOutAfterWrite() {
        let harness = Harness(ready: true)
        harness.submit("slow", timeout: .seconds(30))
        harness.submit("fast", timeout: .seconds(1))
        #expect(harness.machine.nextDeadline == harness.now + .seconds(1))
        harness.now = harness.now + .seconds(1)
        let effects = harness.timePassed()
        #expect(effects.closesSocket)
        harness.fail(effects)
        #expect(harness.results == ["slow": "unknownOutcome", "fast": "unknownOutcome"])
    }

    @Test("asks an idle server whether it is there, and gives up when it does not answer")
    func keepAlive() {
        let harness = Harness(ready: true)
        #expect(harness.machine.nextDeadline == harness.now + .seconds(5))
        harness.now = harness.now + .seconds(5)
        #expect(harness.timePassed().writes)
        #expect(harness.written == ["PING"])
        harness.now = harness.now + .seconds(5)
        #expect(harness.timePassed().closesSocket)
        #expect(harness.machine.state == .backingOff)
    }

    @Test("takes the replies that are on their way after READONLY, then connects anew")
    func readOnly() {
        let harness = Harness(ready: true)
        harness.submit("first")
        harness.submit("second")
        harness.receive(.error(RedisError(server: "READONLY You can't write")))
        #expect(harness.machine.state == .draining)
        harness.submit("third")
        #expect(harness.written == ["first", "second"])
        let effects = harness.receive(.integer(2))
        #expect(effects?.closesSocket == true)
        #expect(harness.results["second"] == "2")
        harness.reconnect()
        #expect(harness.written.last == "third")
    }

    @Test("backs off from a server that stays a replica, although each connection succeeds")
    func staysReadOnly() {
        let harness = Harness(ready: true)
        var pauses: [Duration?] = []
        for n in 0..<4 {
            harness.submit("write \(n)")
            pauses.append(harness.receive(.error(RedisError(server: "READONLY You can't write")))?.connectAfter)
            harness.reconnect()
        }
        #expect(pauses == [25, 50, 100, 200].map { Duration.milliseconds($0) })
        harness.now = harness.now + .seconds(60)
        harness.submit("later")
        #expect(
            harness.receive(.error(RedisError(server: "READONLY You can't write")))?.connectAfter == .milliseconds(25))
    }

    @Test("gives a refused log-in to those who wait at once, and goes on trying")
    func refusedLogIn() {
        let harness = Harness()
        harness.submit("a")
        _ = harness.backOffEnded()
        _ = harness.connected()
        let effects = harness.receive(.error(RedisError(server: "NOAUTH Authentication required.")))
        #expect(effects?.connectAfter != nil)
        if let effects { harness.fail(effects) }
        #expect(harness.results == ["a": "configuration"])
    }

    @Test("waits out LOADING as it waits for a connection")
    func loading() {
        let harness = Harness()
        harness.submit("a")
        _ = harness.backOffEnded()
        _ = harness.connected()
        let effects = harness.receive(.error(RedisError(server: "LOADING Redis is loading")))
        #expect(effects?.connectAfter != nil)
        #expect(effects?.failed.isEmpty == true)
        harness.reconnect()
        #expect(harness.written == ["a"])
    }

    @Test("on close awaits what was written, but not blocking commands, and refuses the rest")
    func close() {
        let harness = Harness(ready: true)
        harness.submit("written")
        harness.machine.isWritable = false
        harness.submit("waiting")
        harness.fail(harness.close())
        #expect(harness.results == ["waiting": "closed"])
        #expect(harness.receive(.integer(1))?.closesSocket == true)
        #expect(harness.results["written"] == "1")
        #expect(harness.machine.state == .closed)
        harness.fail(harness.submit("later"))
        #expect(harness.results["later"] == "closed")

        let blocked = Harness(ready: true)
        blocked.submit("blocking", timeout: .seconds(60), isBlocking: true)
        blocked.fail(blocked.close())
        #expect(blocked.results == ["blocking": "unknownOutcome"])
        #expect(blocked.machine.state == .closed)
    }

    @Test("does not trust a server that answers what nobody asked")
    func surplusReply() {
        let harness = Harness(ready: true)
        #expect(harness.receive(.integer(1))?.closesSocket == true)
    }

    @Test("lets only so many commands wait")
    func boundedQueue() {
        let harness = Harness()
        for _ in 0..<ConnectionStateMachine.largestQueue { harness.submit("x") }
        harness.fail(harness.submit("surplus"))
        #expect(harness.results == ["surplus": "connectionClosed"])
    }
}

/// Drives a state machine by hand: no socket, no clock.
private final class Harness {
    var machine = ConnectionStateMachine(RedisConfiguration(), random: { 0.5 })
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let box = ResultBox()

    /// The requests that were written, in order.
    private(set) var written: [String] = []

    /// What each named request has got.
    var results: [String: String] { box.values.withLock { $0 } }

    init(ready: Bool = false) {
        guard ready else { return }
        submit("first")
        _ = machine.backOffEnded()
        _ = machine.connected()
        receive(.status("PONG"))
        receive(.null)
        box.values.withLock { $0 = [:] }
        written = []
    }

    private func pump() {
        while let request = machine.nextToWrite() {
            guard case .one(let command) = request.payload else { continue }
            var buffer = ByteBuffer()
            command.write(to: &buffer)
            written.append(String(buffer: buffer).split(separator: "\r\n").last.map(String.init) ?? "")
        }
    }

    @discardableResult
    func submit(
        _ name: String, timeout: TimeAmount = .seconds(5), isBlocking: Bool = false
    ) -> ConnectionEffects {
        var effects = ConnectionEffects()
        let box = box
        machine.submit(
            RedisRequest(
                payload: .one(RedisCommand(name)), deadline: now + timeout, isBlocking: isBlocking,
                waiter: .closure { result in
                    box.values.withLock { values in
                        switch result {
                        case .success(let replies): values[name] = replies.first?.string ?? "-"
                        case .failure(let error): values[name] = "\(error.code)"
                        }
                    }
                }), into: &effects)
        pump()
        return effects
    }

    @discardableResult
    func receive(_ reply: RedisReply) -> ConnectionEffects? {
        let effects = machine.received(reply, now: now)
        pump()
        return effects
    }

    func fail(_ effects: ConnectionEffects) {
        for (waiter, error) in effects.failed { waiter.fail(error) }
    }

    func backOffEnded() -> Bool { machine.backOffEnded() }

    func connected() -> [RedisCommand] { machine.connected() }

    func lost(_ error: RedisError) -> ConnectionEffects { machine.lost(error, now: now) }

    func close() -> ConnectionEffects { machine.close(now: now) }

    func timePassed() -> ConnectionEffects {
        let effects = machine.timePassed(now: now)
        pump()
        return effects
    }

    func reconnect() {
        _ = machine.backOffEnded()
        _ = machine.connected()
        receive(.status("PONG"))
    }
}

private final class ResultBox: Sendable {
    let values = Mutex<[String: String]>([:])
}
