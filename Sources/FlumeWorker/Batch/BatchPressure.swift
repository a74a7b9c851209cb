import Flume
import NIOCore
import Synchronization

/// Tells observers when a pipeline takes no more jobs because it holds as many for batches as it may.
///
/// Being full for a moment is what a busy pipeline does all the time, and is not told.
final class BatchPressure: Sendable {
    /// How long it is full before observers hear of it.
    static let patience = Duration.seconds(1)

    private enum State {
        case open
        /// Full, and nobody has been told yet.
        case full(since: ContinuousClock.Instant, alarm: Scheduled<Void>)
        case told(since: ContinuousClock.Instant)
    }

    private let lane: Lane
    private let eventLoop: any EventLoop
    private let events: EventBus
    private let state = Mutex(State.open)

    init(of lane: Lane, on eventLoop: any EventLoop, events: EventBus) {
        self.lane = lane
        self.eventLoop = eventLoop
        self.events = events
    }

    /// Looks again, after slots were taken or given back.
    func update() {
        let isFull = lane.slots.available <= 0
        let ended = state.withLock { state -> Duration? in
            switch state {
            case .open:
                guard isFull, events.isObserved else { return nil }
                let alarm = eventLoop.scheduleTask(in: TimeAmount(Self.patience)) { self.tell() }
                state = .full(since: .now, alarm: alarm)
                return nil
            case .full(_, let alarm):
                guard !isFull else { return nil }
                alarm.cancel()
                state = .open
                return nil
            case .told(let since):
                guard !isFull else { return nil }
                state = .open
                return since.duration(to: .now)
            }
        }
        guard let ended else { return }
        events.emit(.backPressureEnded(pipeline: lane.pipeline.name, waitedFor: .batches, after: ended))
    }

    private func tell() {
        let isFull = state.withLock { state in
            guard case .full(let since, _) = state else { return false }
            state = .told(since: since)
            return true
        }
        if isFull { events.emit(.backPressure(pipeline: lane.pipeline.name, waitsFor: .batches)) }
    }
}
