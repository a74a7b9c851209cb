import NIOCore

/// One direction of one connection: keeps frames in order and holds them while they are not to go on.
///
/// It lives on the connection's event loop. What is held is not lost: it goes on when the proxy lets it, as packets do that
/// TCP sends again; so does the end of a stream.
final class ProxyLane {
    private enum Item {
        case frame(Frame)
        case end
    }

    let direction: ProxyDirection
    private let target: any Channel
    private let plan: ProxyPlan
    private weak var connection: ProxyConnection?
    private var splitter = FrameSplitter()
    private var waiting: CircularBuffer<(due: NIODeadline, item: Item)> = []
    private var timer: Scheduled<Void>?

    init(_ direction: ProxyDirection, to target: any Channel, of connection: ProxyConnection) {
        self.direction = direction
        self.target = target
        self.connection = connection
        plan = connection.plan
    }

    /// Takes bytes from the source.
    func receive(_ bytes: ByteBuffer) {
        splitter.append(bytes)
        while let frame = splitter.next() { hold(.frame(frame)) }
        pump()
    }

    /// The source has closed.
    func receiveEnd() {
        if let frame = splitter.rest() { hold(.frame(frame)) }
        hold(.end)
        pump()
    }

    /// Forgets what waits.
    func discard() {
        waiting.removeAll()
        timer?.cancel()
    }

    /// Sends on what may go on now.
    func pump() {
        while let next = waiting.first {
            if plan.withLock({ $0.stalled.contains(direction) }) { return }
            guard next.due <= .now() else { return wake(at: next.due) }
            waiting.removeFirst()
            switch next.item {
            case .frame(let frame): send(frame)
            case .end: target.close(promise: nil)
            }
        }
    }

    private func hold(_ item: Item) {
        let delay = plan.withLock { $0.delays[direction] } ?? .zero
        // Never before what came before it.
        let due = max(.now() + delay, waiting.last?.due ?? .now())
        waiting.append((due, item))
    }

    private func send(_ frame: Frame) {
        guard let connection else { return }
        if direction == .requests, let naming = plan.withLock(\.naming) { connection.asked(naming(frame.words)) }
        let name = direction == .replies ? connection.answered() : nil
        switch plan.withLock({ $0.judge(frame, direction, answering: name, on: ObjectIdentifier(connection)) }) {
        case .pass: target.writeAndFlush(frame.bytes, promise: nil)
        case .cut(let count, let ending):
            var bytes = frame.bytes
            if let part = bytes.readSlice(length: count), count > 0 { target.writeAndFlush(part, promise: nil) }
            connection.end(ending)
        }
    }

    private func wake(at due: NIODeadline) {
        timer?.cancel()
        let lane = NIOLoopBound(self, eventLoop: target.eventLoop)
        timer = target.eventLoop.scheduleTask(deadline: due) { lane.value.pump() }
    }
}
