import Flume
import FlumeRedis
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Watching a full pipeline")
struct SlotWatchTests {
    /// A pipeline of two whose places are taken, and who is told of it.
    private func withFullLane(_ body: (Lane, EventBus, EventJournal, EventObservation) async throws -> Void)
        async throws
    {
        try await withProbe { probe in
            let lane = Lane(Pipeline("full", queue: "q", concurrency: 2), on: probe.client.eventLoop)
            lane.slots.take(2)
            let (events, journal) = (EventBus(), EventJournal())
            try await body(lane, events, journal, events.attach(journal))
        }
    }

    @Test("a slot that comes free in time is no event")
    func inTime() async throws {
        try await withFullLane { lane, events, journal, observation in
            async let waiting: Void = SlotWatch(lane: lane, events: events, patience: .seconds(3600))
                .waitForSlot { false }
            lane.bell.ring()
            lane.slots.release()
            await waiting
            await observation.finish()
            #expect(journal.entries.isEmpty)
        }
    }

    @Test("rings that bring no slot do not make the wait look shorter")
    func rings() async throws {
        try await withFullLane { lane, events, journal, observation in
            async let waiting: Void = SlotWatch(lane: lane, events: events, patience: .milliseconds(20))
                .waitForSlot { false }
            try await eventually("it is back-pressure") {
                lane.bell.ring()
                return journal.entries == ["backPressure full handlers"]
            }
            lane.slots.release()
            await waiting
            await observation.finish()
            #expect(journal.entries == ["backPressure full handlers", "backPressureEnded full handlers"])
        }
    }

    @Test("a stop ends the wait")
    func stop() async throws {
        try await withFullLane { lane, events, _, _ in
            lane.bell.ring()
            await SlotWatch(lane: lane, events: events, patience: .milliseconds(1)).waitForSlot { true }
        }
    }
}
