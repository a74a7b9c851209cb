import Flume
import FlumeRedis

/// Waits for a free slot, and says when handlers have kept all of them for long.
///
/// A pipeline at work is full at every moment, for a moment. It is back-pressure when none of its handlers came to an end
/// for a while.
struct SlotWatch {
    /// How long no handler may come to an end before it is worth an event.
    static let patience = Duration.seconds(1)

    let lane: Lane
    let events: EventBus
    var patience = Self.patience

    /// Returns when there is a free slot, or somebody wants the fetcher to stop.
    func waitForSlot(isStopped: () -> Bool) async {
        // The clock and the timer are for observers only.
        guard events.isObserved else {
            await lane.pulse.rest(on: lane.bell, atMost: Pulse.longestRest)
            return
        }
        let start = ContinuousClock.now
        let pipeline = lane.pipeline.name
        while start.duration(to: .now) < patience {
            await lane.pulse.rest(
                on: lane.bell, atMost: max(.milliseconds(1), patience - start.duration(to: .now)))
            if lane.slots.available > 0 || isStopped() { return }
        }
        events.emit(.backPressure(pipeline: pipeline, waitsFor: .handlers))
        while lane.slots.available <= 0, !isStopped() {
            await lane.pulse.rest(on: lane.bell, atMost: Pulse.longestRest)
        }
        events.emit(.backPressureEnded(pipeline: pipeline, waitedFor: .handlers, after: start.duration(to: .now)))
    }
}
