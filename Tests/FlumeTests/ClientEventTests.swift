import Flume
import FlumeWire
import Synchronization
import TestSupport
import Testing

/// What an observer was told.
final class EventJournal: EventObserver {
    private let state = Mutex<[String]>([])

    var entries: [String] { state.withLock { $0 } }

    func observe(_ event: FlumeEvent) {
        switch event {
        case .enqueued(let queue, let count, let bytes): note("enqueued \(queue) \(count) \(bytes)")
        case .scheduled(let queue, let count, let bytes): note("scheduled \(queue) \(count) \(bytes)")
        case .leaseLost(let identity): note(identity)
        default: note("\(event)")
        }
    }

    private func note(_ entry: String) { state.withLock { $0.append(entry) } }
}

@Suite("Events of a client")
struct ClientEventTests {
    @Test("each push tells, for each queue of the call, how many jobs and bytes Redis has acknowledged")
    func enqueued() async throws {
        try await withProbe { probe in
            let (events, journal) = (EventBus(), EventJournal())
            let observation = events.attach(journal)
            let jobs = JobClient(redis: probe.client, events: events)
            try await jobs.enqueue(PlainJob(value: 1))
            try await jobs.enqueue(PlainJob(value: 1), after: .seconds(100))
            try await jobs.push(["a", "b", "a"].map { JobPayload(jobClass: "A", queue: $0) })
            await observation.finish()
            let stored = [
                try await probe.queue("default"), try await probe.members("schedule"), try await probe.queue("a"),
                try await probe.queue("b"),
            ].map { $0.reduce(0) { $0 + $1.utf8.count } }
            #expect(
                journal.entries == [
                    "enqueued default 1 \(stored[0])", "scheduled default 1 \(stored[1])",
                    "enqueued a 2 \(stored[2])", "enqueued b 1 \(stored[3])",
                ])
            #expect(observation.lostEvents == 0)
        }
    }

    @Test("a push that is refused or stopped is no event")
    func refused() async throws {
        try await withProbe { probe in
            let (events, journal) = (EventBus(), EventJournal())
            let observation = events.attach(journal)
            try await probe.send("SET", "queue:default", "text")
            let jobs = JobClient(redis: probe.client, events: events)
            await #expect(throws: (any Error).self) { try await jobs.enqueue(PlainJob(value: 1)) }
            let stopping = JobClient(redis: probe.client, middleware: [Middleware { _, _ in nil }], events: events)
            try await stopping.enqueue(PlainJob(value: 1), options: JobOptions(queue: "other"))
            await observation.finish()
            #expect(journal.entries.isEmpty)
        }
    }
}

@Suite("Observers")
struct EventBusTests {
    @Test("an observer that is stuck loses the oldest events, counts them, and keeps nobody waiting")
    func slow() async throws {
        let (events, quick) = (EventBus(), EventJournal())
        let (entered, entering) = AsyncStream<Void>.makeStream()
        let (released, releasing) = AsyncStream<Void>.makeStream()
        let seen = Mutex<[String]>([])
        let slow = events.observe(bufferingNewest: 3) { event in
            if case .leaseLost(let identity) = event { seen.withLock { $0.append(identity) } }
            entering.yield()
            for await _ in released { break }
        }
        let other = events.attach(quick)
        events.emit(.leaseLost(identity: "0"))
        for await _ in entered { break }
        for number in 1...10 { events.emit(.leaseLost(identity: "\(number)")) }
        // Emitting has come back while the first observer sits in its first event: that is the point.
        #expect(slow.lostEvents == 7)
        await other.finish()
        #expect(quick.entries == (0...10).map(String.init) && other.lostEvents == 0)
        releasing.finish()
        await slow.finish()
        #expect(seen.withLock { $0 } == ["0", "8", "9", "10"])
        #expect(slow.lostEvents == 7)
        #expect(!events.isObserved)
    }

    @Test("an event that nobody observes is not made")
    func unobserved() async {
        let events = EventBus()
        var made = 0
        func event() -> FlumeEvent {
            made += 1
            return .leaseLost(identity: "")
        }
        events.emit(event())
        let observation = events.attach(EventJournal())
        #expect(events.isObserved)
        events.emit(event())
        observation.cancel()
        #expect(!events.isObserved)
        events.emit(event())
        #expect(made == 1)
    }

    @Test("a sequence of events ends with the bus, and one that is released observes no more")
    func sequence() async throws {
        let other = EventBus()
        _ = other.events()
        #expect(!other.isObserved)
        var events: EventBus? = EventBus()
        let stream = try #require(events?.events())
        events?.emit(.leaseLost(identity: "a"))
        events = nil
        var seen: [String] = []
        for await event in stream {
            if case .leaseLost(let identity) = event { seen.append(identity) }
        }
        #expect(seen == ["a"])
    }
}
