import Flume
import FlumeRedis
import FlumeWorker
import Synchronization
import TestSupport
import Testing

/// Pauses and subscriptions that were announced, in order.
private func announcements(_ events: EventBus) -> Journal {
    let journal = Journal()
    let stream = events.events()
    Task {
        for await event in stream {
            switch event {
            case .paused(let scope, let isPermanent): journal.note("paused \(scope) \(isPermanent)")
            case .resumed(let scope, let isPermanent): journal.note("resumed \(scope) \(isPermanent)")
            default: break
            }
        }
    }
    return journal
}

@Suite("Pause and resume")
struct PauseTests {
    private func observed() -> (WorkerConfiguration, Journal) {
        let configuration = WorkerConfiguration.quick
        return (configuration, announcements(configuration.events))
    }

    @Test("a paused pipeline takes no more jobs, those that run end, and resumed it takes the rest")
    func temporary() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let (configuration, told) = observed()
            try await probe.enqueue((0..<4).map { job("Gated", "\($0)") }, to: "default")
            try await withWorker(on: probe, [.gated(journal, gate)], concurrency: 2, configuration: configuration) {
                running in
                try await journal.wait(for: 2)
                #expect(try await !running.worker.pause(.pipeline("default")))
                #expect(try await running.worker.subscriptions().map(\.isPaused) == [true])
                gate.open()
                #expect(try await running.worker.pause(.pipeline("default"), waiting: .seconds(15)))
                #expect(journal.count == 2)
                #expect(try await probe.queue("default").count == 2)
                #expect(try await probe.set("flume:paused").isEmpty)
                try await running.worker.resume(.pipeline("default"))
                try await journal.wait(for: 4)
            }
            try await told.wait(for: 2)
            #expect(told.entries == ["paused pipeline(\"default\") false", "resumed pipeline(\"default\") false"])
        }
    }

    @Test("who waits for running jobs is told when time is up, and it stays paused")
    func timeout() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await probe.enqueue((0..<2).map { job("Gated", "\($0)") }, to: "default")
            try await withWorker(on: probe, [.gated(journal, gate)], concurrency: 1) { running in
                try await journal.wait(for: 1)
                for scope in [FlumeEvent.PauseScope.all, .pipeline("default"), .queue("default")] {
                    #expect(try await !running.worker.pause(scope, waiting: .milliseconds(30)))
                }
                gate.open()
                for scope in [FlumeEvent.PauseScope.queue("default"), .pipeline("default"), .all] {
                    #expect(try await running.worker.pause(scope, waiting: .seconds(15)))
                }
                #expect(journal.count == 1)
            }
        }
    }

    @Test("a temporary pause is of one process: another one runs the jobs")
    func onlyHere() async throws {
        try await withProbe { probe in
            let (here, there) = (Journal(), Journal())
            try await withWorker(on: probe, [.noting(here)]) { running in
                try await running.worker.pause(.all)
                try await withWorker(on: probe, [.noting(there)]) { _ in
                    try await probe.enqueue((0..<20).map { job("Note", "\($0)") }, to: "default")
                    try await there.wait(for: 20)
                }
                try await probe.enqueue([job("Note", "last")], to: "default")
                try await running.worker.resume(.all)
                try await here.wait(for: 1)
            }
            #expect(here.entries == ["last"])
        }
    }

    @Test("a permanent pause reaches every process, outlives a restart, and ends for all")
    func permanent() async throws {
        try await withProbe { probe in
            let (journal, (first, firstTold), (second, secondTold)) = (Journal(), observed(), observed())
            let pipelines = [
                Pipeline("ses", queue: "mailers", concurrency: 2), Pipeline("other", queue: "other", concurrency: 2),
            ]
            try await withWorker(on: probe, [.noting(journal)], pipelines: pipelines, configuration: first) { one in
                try await withWorker(on: probe, [.noting(journal)], pipelines: pipelines, configuration: second) {
                    two in
                    #expect(try await two.worker.pause(.pipeline("ses"), permanently: true, waiting: .seconds(15)))
                    // Once more changes nothing and is not announced again.
                    try await two.worker.pause(.pipeline("ses"), permanently: true)
                    for told in [firstTold, secondTold] { try await told.wait(for: 1) }
                    try await probe.enqueue([job("Note", "mail")], to: "mailers")
                    try await probe.enqueue([job("Note", "other")], to: "other")
                    try await journal.wait(for: 1)
                    #expect(try await one.worker.subscriptions().map(\.isPaused) == [true, false])
                }
            }
            #expect(try await probe.set("flume:paused") == ["ses"])
            let (third, thirdTold) = observed()
            try await withWorker(on: probe, [.noting(journal)], pipelines: pipelines, configuration: third) { running in
                try await thirdTold.wait(for: 1)
                try await probe.enqueue([job("Note", "again")], to: "other")
                try await journal.wait(for: 2)
                #expect(try await probe.queue("mailers").count == 1)
                try await running.worker.resume(.pipeline("ses"), permanently: true)
                try await journal.wait(for: 3)
            }
            #expect(journal.entries == ["other", "again", "mail"])
            #expect(firstTold.entries == ["paused pipeline(\"ses\") true"])
            #expect(secondTold.entries == ["paused pipeline(\"ses\") true"])
            #expect(thirdTold.entries == ["paused pipeline(\"ses\") true", "resumed pipeline(\"ses\") true"])
        }
    }

    @Test("a temporary resume never looks as if it had ended another pause")
    func obstacles() async throws {
        try await withProbe { probe in
            try await withWorker(on: probe, [], queue: "q") { running in
                let worker = running.worker
                let pipeline = FlumeEvent.PauseScope.pipeline("default")
                try await worker.pause(pipeline)
                try await worker.pause(pipeline, permanently: true)
                for scope in [pipeline, .all] {
                    await #expect(throws: ControlError.stillPaused(scope, by: pipeline, isPermanent: true)) {
                        try await worker.resume(scope)
                    }
                }
                // Ends both.
                try await worker.resume(pipeline, permanently: true)
                #expect(try await worker.subscriptions().map(\.isPaused) == [false])

                try await worker.pause(.all)
                await #expect(throws: ControlError.stillPaused(pipeline, by: .all, isPermanent: false)) {
                    try await worker.resume(pipeline)
                }
                try await worker.pause(pipeline)
                try await worker.resume(.all)
                #expect(try await worker.subscriptions().map(\.isPaused) == [false])

                try await worker.pause(.queue("q"), permanently: true)
                await #expect(throws: ControlError.stillPaused(.queue("q"), by: .queue("q"), isPermanent: true)) {
                    try await worker.resume(.queue("q"))
                }
                try await worker.pause(.all, permanently: true)
                try await worker.resume(.all, permanently: true)
                #expect(try await probe.set("flume:paused").isEmpty)
                #expect(try await probe.set("paused") == ["q"])
            }
        }
    }

    @Test("a paused queue waits while the pipeline goes on with its others", arguments: [false, true])
    func queue(permanently: Bool) async throws {
        try await withProbe { probe in
            let journal = Journal()
            let pipeline = Pipeline("p", queues: ["a": 0, "b": 0], concurrency: 2)
            try await withWorker(on: probe, [.noting(journal)], pipelines: [pipeline]) { running in
                #expect(
                    try await running.worker.pause(.queue("a"), permanently: permanently, waiting: .seconds(15)))
                #expect(try await probe.set("paused") == (permanently ? ["a"] : []))
                try await probe.enqueue([job("Note", "a1"), job("Note", "a2")], to: "a")
                try await probe.enqueue([job("Note", "b1"), job("Note", "b2")], to: "b")
                try await journal.wait(for: 2)
                #expect(try await probe.queue("a").count == 2)
                try await running.worker.resume(.queue("a"), permanently: permanently)
                try await journal.wait(for: 4)
            }
            #expect(Set(journal.entries.prefix(2)) == ["b1", "b2"])
        }
    }

    @Test("a name nobody here has is an error that says which there are, and changes nothing")
    func unknown() async throws {
        try await withProbe { probe in
            let idle = Worker(
                redis: probe.client, handlers: HandlerRegistry([]),
                pipelines: [Pipeline("p", queue: "q", concurrency: 1)], configuration: .quick, logger: silent)
            await #expect(throws: ControlError.notRunning) { try await idle.pause(.all) }
            await #expect(throws: ControlError.notRunning) { try await idle.subscribe(to: "q", concurrency: 1) }
            try await withWorker(on: probe, [], queue: "q") { running in
                let worker = running.worker
                for permanently in [false, true] {
                    await #expect(throws: ControlError.unknownPipeline("ses", known: ["default"])) {
                        try await worker.pause(.pipeline("ses"), permanently: permanently)
                    }
                    await #expect(throws: ControlError.emptyName) {
                        try await worker.resume(.pipeline(""), permanently: permanently)
                    }
                    await #expect(throws: ControlError.emptyName) {
                        try await worker.pause(.queue(""), permanently: permanently)
                    }
                }
                await #expect(throws: ControlError.unknownQueue("x", known: ["q"])) {
                    try await worker.pause(.queue("x"))
                }
                #expect(try await probe.set("flume:paused").isEmpty)
                // Others may read it.
                try await worker.pause(.queue("x"), permanently: true)
                #expect(try await probe.set("paused") == ["x"])
            }
        }
    }

    @Test("a paused worker stops at once, and one that is stopped while somebody waits for its jobs finishes them")
    func stop() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await probe.enqueue([job("Gated", "g"), job("Gated", "left")], to: "default")
            try await withWorker(on: probe, [.gated(journal, gate)], concurrency: 1) { running in
                try await journal.wait(for: 1)
                async let ended = running.worker.pause(.all, waiting: .seconds(60))
                try await eventually("it is paused") { try await running.worker.subscriptions()[0].isPaused }
                running.worker.stop()
                gate.open()
                #expect(try await ended)
            }
            #expect(journal.entries == ["g"])
            #expect(try await probe.queue("default") == [job("Gated", "left")])
        }
    }
}
