import Flume
import FlumeWorker
import InMemoryLogging
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import FlumeWorker

/// What goes on although it was cancelled because its time was up.
@Suite("Jobs that are stuck")
struct StuckJobTests {
    /// A call with a timeout of 10 s on a clock that is moved by hand; notes when it is cancelled, and when it is stuck.
    private func timer(
        _ loop: NIOAsyncTestingEventLoop, _ calls: StuckCalls, _ journal: Journal, stillRuns: Bool = true
    ) -> HandlerTimer {
        HandlerTimer(.seconds(10), on: loop, counting: calls) {
            journal.note("cancelled")
            return stillRuns
        } report: {
            journal.note("stuck")
        }
    }

    @Test("a call is cancelled when its time is up, stuck five seconds later, and counted until it returns")
    func stuck() async {
        let (loop, calls, journal) = (NIOAsyncTestingEventLoop(), StuckCalls(), Journal())
        let timer = timer(loop, calls, journal)
        await loop.advanceTime(by: .milliseconds(9999))
        #expect(journal.entries.isEmpty)
        await loop.advanceTime(by: .milliseconds(1))
        #expect(journal.entries == ["cancelled"])
        await loop.advanceTime(by: .milliseconds(4999))
        #expect(calls.count == 0)
        await loop.advanceTime(by: .milliseconds(1))
        #expect(journal.entries == ["cancelled", "stuck"] && calls.count == 1)
        timer.end()
        #expect(calls.count == 0)
        await loop.shutdownGracefully()
    }

    @Test("a call that returns before its time is up, or soon after, is not stuck", arguments: [5, 12])
    func inTime(seconds: Int64) async {
        let (loop, calls, journal) = (NIOAsyncTestingEventLoop(), StuckCalls(), Journal())
        let timer = timer(loop, calls, journal)
        await loop.advanceTime(by: .seconds(seconds))
        timer.end()
        await loop.advanceTime(by: .seconds(100))
        #expect(journal.entries == (seconds < 10 ? [] : ["cancelled"]) && calls.count == 0)
        await loop.shutdownGracefully()
    }

    @Test("a call whose jobs were over when its time was up is not stuck")
    func over() async {
        let (loop, calls, journal) = (NIOAsyncTestingEventLoop(), StuckCalls(), Journal())
        let timer = timer(loop, calls, journal, stillRuns: false)
        await loop.advanceTime(by: .seconds(100))
        #expect(journal.entries == ["cancelled"] && calls.count == 0)
        timer.end()
        await loop.shutdownGracefully()
    }

    @Test("a pipeline is blocked since as many calls were stuck as it has places")
    func blocked() {
        let calls = StuckCalls()
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        let first = calls.add(at: now)
        #expect(calls.age(ofAtLeast: 2, at: now + .seconds(10)) == nil)
        _ = calls.add(at: now + .seconds(10))
        _ = calls.add(at: now + .seconds(20))
        #expect(calls.age(ofAtLeast: 2, at: now + .seconds(30)) == .seconds(20))
        calls.remove(first)
        #expect(calls.age(ofAtLeast: 2, at: now + .seconds(30)) == .seconds(10))
        #expect(calls.age(ofAtLeast: 3, at: now + .seconds(30)) == nil)
    }

    @Test("a job that ignores its cancellation is reported by event, log and health, and goes its way when it returns")
    func reported() async throws {
        try await withProbe { probe in
            let (events, log, release) = (EventJournal(), InMemoryLogHandler(), Gate())
            let configuration = WorkerConfiguration.quick
            configuration.events.attach(events)
            let deaf = Handler.raw("Deaf") { _, _ in
                // A task of its own, which hears nothing of the cancellation.
                await Task { try? await release.pass() }.value
            }.timeout(.milliseconds(50))
            try await withWorker(
                on: probe, [deaf], concurrency: 1, configuration: configuration,
                logger: Logger(label: "test") { _ in log }
            ) { running in
                try await probe.enqueue([job("Deaf", "1")], to: "default")
                try await eventually("it is reported", timeout: .seconds(30)) {
                    events.events.contains { if case .stuck = $0 { true } else { false } }
                }
                let stuck = try #require(
                    events.events.compactMap { event -> (FlumeEvent.JobReference, Duration)? in
                        if case .stuck(let job, let elapsed) = event { (job, elapsed) } else { nil }
                    }.first)
                #expect(stuck.0.jobClass == "Deaf" && stuck.1 == .milliseconds(5050))
                #expect(log.entries.contains { "\($0.message)".contains("keeps its slot until it returns") })
                let pipeline = try #require(running.worker.health.pipelines.first)
                #expect(pipeline.stuck == 1 && pipeline.blockedFor != nil)
                release.open()
                try await probe.waitUntilDrained()
                try await eventually("nothing is stuck any more") {
                    running.worker.health.pipelines.first?.stuck == 0
                }
                #expect(running.worker.health.pipelines.first?.blockedFor == nil)
            }
        }
    }
}
