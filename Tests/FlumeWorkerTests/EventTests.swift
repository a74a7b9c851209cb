import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

/// What an observer was told, in short.
final class EventJournal: EventObserver {
    private let state = Mutex<[FlumeEvent]>([])

    var events: [FlumeEvent] { state.withLock { $0 } }
    var entries: [String] { events.map(Self.text) }

    func observe(_ event: FlumeEvent) { state.withLock { $0.append(event) } }

    /// Waits until one of its entries starts so.
    func wait(for entry: String) async throws {
        try await eventually("\(entry) is among \(entries)") { entries.contains { $0.hasPrefix(entry) } }
    }

    /// What it was told of one job.
    func story(of jid: String) -> [String] {
        entries.filter { $0.split(separator: " ").dropFirst().first == Substring(jid) }
    }

    private static func text(_ event: FlumeEvent) -> String {
        func name(_ job: FlumeEvent.JobReference) -> String {
            "\(job.jid) \(job.jobClass) \(job.queue) \(job.pipeline)"
        }
        return switch event {
        case .enqueued(let queue, let count, _): "enqueued \(queue) \(count)"
        case .fetched(let pipeline, let count, let bytes, _): "fetched \(pipeline) \(count) \(bytes)"
        case .started(let job): "started \(name(job))"
        case .finished(let job, _): "finished \(name(job))"
        case .failed(let job, let error, _, let retryIn):
            "failed \(name(job)) \(error) \(retryIn == nil ? "for good" : "for now")"
        case .snoozed(let job, let delay): "snoozed \(name(job)) \(delay)"
        case .discarded(let job, let reason): "discarded \(name(job)) \(reason)"
        case .interrupted(let job): "interrupted \(name(job))"
        case .died(let job, let error): "died \(name(job)) \(error)"
        case .recovered(let identity, let count): "recovered \(identity) \(count)"
        case .leaseLost(let identity): "leaseLost \(identity)"
        case .backPressure(let pipeline, let cause): "backPressure \(pipeline) \(cause)"
        case .backPressureEnded(let pipeline, let cause, _): "backPressureEnded \(pipeline) \(cause)"
        case .connectionLost(let what, _): "connectionLost \(what)"
        case .connectionRestored(let what): "connectionRestored \(what)"
        default: "\(event)"
        }
    }
}

extension WorkerConfiguration {
    /// Quick, and observed.
    fileprivate static func observed(by journal: EventJournal, lease: Duration = .seconds(10)) -> WorkerConfiguration {
        let configuration = quick(lease: lease)
        configuration.events.attach(journal)
        return configuration
    }
}

@Suite("Events of a worker")
struct EventTests {
    @Test("a fetch tells how many jobs and bytes it brought and how long Redis took, and an empty one tells nothing")
    func fetched() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), EventJournal())
            let jobs = (0..<3).map { job("Note", "\($0)") }
            try await probe.enqueue(jobs, to: "default")
            try await withWorker(on: probe, [.noting(journal)], configuration: .observed(by: events)) { _ in
                try await journal.wait(for: 3)
                try await events.wait(for: "finished 2")
            }
            let bytes = jobs.reduce(0) { $0 + $1.utf8.count }
            #expect(events.entries.filter { $0.hasPrefix("fetched") } == ["fetched default 3 \(bytes)"])
            let latencies = events.events.compactMap {
                if case .fetched(_, _, _, let latency) = $0 { latency } else { nil }
            }
            #expect(latencies.count == 1 && latencies.allSatisfy { $0 > .zero })
        }
    }

    @Test("each started job comes to exactly one end, and each death is told")
    func stories() async throws {
        try await withProbe { probe in
            let events = EventJournal()
            let handlers: [Handler] = [
                .raw("Good") { _, _ in }, .failing(), .failing("Snooze", JobDirective.snooze(for: .seconds(60))),
                .failing("Discard", JobDirective.discard("no use")), .failing("Kill", JobDirective.kill("enough")),
                .failing("Again", JobDirective.retry(after: .seconds(90))),
            ]
            try await withWorker(on: probe, handlers, configuration: .observed(by: events)) { _ in
                try await probe.enqueue(
                    [
                        job("Good", "good"), job("Fail", "fail"), job("Fail", "last", "\"retry\":0"),
                        job("Fail", "false", "\"retry\":false"), job("Snooze", "snooze"), job("Discard", "discard"),
                        job("Kill", "kill"), job("Again", "again"), job("Nobody", "nobody"), "junk",
                    ], to: "default")
                for jid in ["good", "fail", "last", "false", "snooze", "discard", "kill", "again"] {
                    try await eventually("\(jid) has ended: \(events.entries)") { events.story(of: jid).count >= 2 }
                }
                try await events.wait(for: "failed nobody")
                try await eventually("all deaths are told") {
                    events.entries.count { $0.hasPrefix("died") } == 4
                }
            }
            #expect(
                events.story(of: "good") == ["started good Good default default", "finished good Good default default"])
            #expect(events.story(of: "fail").last == "failed fail Fail default default boom for now")
            #expect(
                events.story(of: "last").dropFirst() == [
                    "failed last Fail default default boom for good", "died last Fail default default boom",
                ])
            #expect(events.story(of: "false").map { $0.prefix(6) } == ["starte", "failed", "died f"])
            #expect(events.story(of: "snooze").last == "snoozed snooze Snooze default default 60.0 seconds")
            #expect(events.story(of: "discard").last == "discarded discard Discard default default no use")
            #expect(
                events.story(of: "kill").dropFirst() == [
                    "failed kill Kill default default enough for good", "died kill Kill default default enough",
                ])
            #expect(events.story(of: "again").last?.hasSuffix("for now") == true)
            #expect(events.story(of: "nobody").count == 1)
            #expect(events.entries.contains { $0.hasPrefix("died   default default ") })
        }
    }

    @Test("a job handed on for want of a handler, and one put back at shutdown, have not failed")
    func handedOn() async throws {
        try await withProbe { probe in
            let (journal, gate, events) = (Journal(), Gate(), EventJournal())
            var configuration = WorkerConfiguration.observed(by: events)
            configuration.unknownClass = .forward(toQueue: "ruby")
            configuration.shutdownTimeout = .zero
            try await withWorker(on: probe, [.gated(journal, gate)], configuration: configuration) { _ in
                try await probe.enqueue([job("Nobody", "nobody"), job("Gated", "gated")], to: "default")
                try await journal.wait(for: 1)
                try await events.wait(for: "snoozed nobody")
            }
            try await events.wait(for: "interrupted gated")
            #expect(events.story(of: "nobody") == ["snoozed nobody Nobody default default 0.0 seconds"])
        }
    }

    @Test("handlers that keep all slots for long are back-pressure until one of them ends")
    func backPressure() async throws {
        try await withProbe { probe in
            let (journal, gate, events) = (Journal(), Gate(), EventJournal())
            try await withWorker(
                on: probe, [.gated(journal, gate), .noting(journal)], concurrency: 2,
                configuration: .observed(by: events)
            ) { _ in
                try await probe.enqueue([job("Gated", "a"), job("Gated", "b"), job("Note", "c")], to: "default")
                try await events.wait(for: "backPressure default handlers")
                gate.open()
                try await events.wait(for: "backPressureEnded default handlers")
                try await journal.wait(for: 3)
            }
            let durations = events.events.compactMap {
                if case .backPressureEnded(_, _, let duration) = $0 { duration } else { nil }
            }
            #expect(durations.count == 1 && durations.allSatisfy { $0 >= .seconds(1) })
        }
    }

    @Test("recovery of a dead process, and the deaths it causes, are told")
    func recovery() async throws {
        try await withProbe { probe in
            let (journal, events) = (Journal(), EventJournal())
            try await probe.send("SADD", "flume:processes", "gone:1:aa")
            for (index, payload) in [job("Note", "well"), job("Note", "poison")].enumerated() {
                try await probe.send("HSET", "flume:inflight:gone:1:aa", "\(index + 1):default", payload)
            }
            try await probe.send("SET", "flume:recoveries:poison", "2")
            let configuration = WorkerConfiguration.observed(by: events, lease: .milliseconds(300))
            try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                try await events.wait(for: "recovered gone:1:aa 1")
                try await events.wait(for: "died poison Note default  the worker process died 3 times")
                try await events.wait(for: "finished well")
            }
        }
    }

    @Test("a process that was taken for dead says so")
    func leaseLost() async throws {
        try await withProbe { probe in
            let events = EventJournal()
            try await withWorker(on: probe, [], configuration: .observed(by: events, lease: .milliseconds(300))) {
                running in
                try await probe.send("SET", "flume:lease:\(running.identity)", "buried")
                try await events.wait(for: "leaseLost \(running.identity)")
            }
        }
    }

    @Test("a Redis that goes away and comes back is told once each, for each part that needs it")
    func connection() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let (journal, events) = (Journal(), EventJournal())
            try await withWorker(
                on: probe, [.noting(journal)], configuration: .observed(by: events),
                adjust: { $0.commandTimeout = .milliseconds(200) }
            ) { _ in
                server.suspend()
                try await events.wait(for: "connectionLost write the heartbeat")
                server.resume()
                try await events.wait(for: "connectionRestored write the heartbeat")
                try await probe.enqueue([job("Note", "after")], to: "default")
                try await journal.wait(for: 1)
            }
            await probe.client.close()
            #expect(events.entries.count { $0 == "connectionLost write the heartbeat" } == 1)
        }
    }

    @Test("a stuck observer holds up no job, and says how many events it lost")
    func stuckObserver() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let configuration = WorkerConfiguration.quick
            let observation = configuration.events.observe(bufferingNewest: 10) { _ in try? await gate.pass() }
            try await withWorker(on: probe, [.noting(journal)], configuration: configuration) { _ in
                try await probe.enqueue((0..<500).map { job("Note", "\($0)") }, to: "default")
                try await journal.wait(for: 500)
                try await probe.waitUntilDrained()
            }
            // One is in its hands, ten are in its buffer.
            try await eventually("it lost the others") { observation.lostEvents >= 1000 - 11 }
            gate.open()
            await observation.finish()
        }
    }

    @Test("what a handler enqueues with its context's client is an event of the worker")
    func jobsOfContext() async throws {
        try await withProbe { probe in
            let events = EventJournal()
            let parent = Handler.raw("Parent") { _, context in
                try await context.jobs.push(JobPayload(jobClass: "Child", queue: "children"))
            }
            try await withWorker(on: probe, [parent], configuration: .observed(by: events)) { _ in
                try await probe.enqueue([job("Parent", "p")], to: "default")
                try await events.wait(for: "enqueued children 1")
            }
        }
    }
}
