import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Tasks that perform job after job")
struct RelayTests {
    private func deliveries(_ count: Int) -> [Delivery] {
        let tenure = Tenure(identity: "here", keys: KeySpace())
        return (0..<count).map { number in
            Delivery(tenure: tenure, sequence: number, queue: "q", payload: Array(job("Any", "\(number)").utf8))
        }
    }

    private func withRunningJobs(_ body: (RunningJobs) async throws -> Void) async throws {
        try await withProbe { probe in try await body(RunningJobs(idle: Bell(on: probe.client.eventLoop))) }
    }

    @Test("a job that has ended cannot be cancelled through the task that goes on with the next")
    func ended() async throws {
        try await withRunningJobs { running in
            let (jobs, task) = (deliveries(2), JobTask())
            running.add(jobs, startedAt: 0)
            #expect(running.begin(jobs[0], in: task) == false)
            #expect(running.remove(jobs[0]) != nil)
            #expect(running.begin(jobs[1], in: task) == false)
            #expect(running.cancelOverdue([jobs[0]]) == 0)
            #expect(running.cancel(jid: "0") == .absent)
            #expect(!task.isSpent)
            #expect(running.cancelOverdue([jobs[1]]) == 1)
            #expect(task.isSpent)
        }
    }

    @Test("a job that has ended is not over before it is settled: a shutdown must not close the door in between")
    func ending() async throws {
        try await withRunningJobs { running in
            let jobs = deliveries(2)
            running.add(jobs, startedAt: 0)
            #expect(running.endings.areOver)
            #expect(running.end(jobs[0]) != nil)
            #expect(running.count == 1 && !running.endings.areOver)
            running.endings.end()
            #expect(running.endings.areOver)
            _ = running.interrupt()
            #expect(running.end(jobs[1]) == nil && running.endings.areOver)
        }
    }

    @Test("a job that is cancelled before it begins, or put back, does not begin")
    func early() async throws {
        try await withRunningJobs { running in
            let (jobs, task) = (deliveries(2), JobTask())
            running.add(jobs, startedAt: 0)
            #expect(running.cancel(jid: "0") == .cancelled)
            #expect(running.begin(jobs[0], in: task) == true)
            #expect(running.interrupt().count == 2)
            #expect(task.isSpent)
            #expect(running.begin(jobs[1], in: JobTask()) == nil)
            #expect(running.interrupted == 1)
        }
    }

    @Test("a task that is cancelled before it is known is cancelled as soon as it is")
    func late() async {
        let task = JobTask()
        task.cancel()
        let body = Task { while !Task.isCancelled { await Task.yield() } }
        task.isPerformed(by: body)
        await body.value
        #expect(task.isSpent)
    }

    @Test("jobs that run into their timeout cancel none of the others, and hold none of them up")
    func neighbours() async throws {
        try await withProbe { probe in
            let (journal, disturbed, gate) = (Journal(), Journal(), Gate())
            let handlers = [
                Handler.gated(Journal(), gate, as: "Slow").timeout(.milliseconds(20)),
                .raw("Quick") { _, context in
                    journal.note(context.jid)
                    if Task.isCancelled { disturbed.note(context.jid) }
                    await Task.yield()
                    if Task.isCancelled { disturbed.note(context.jid) }
                },
            ]
            var jobs: [String] = []
            for number in 0..<300 {
                if number % 10 == 0 { jobs.append(job("Slow", "s\(number)")) }
                jobs.append(job("Quick", "q\(number)"))
            }
            try await probe.enqueue(jobs, to: "default")
            try await withWorker(on: probe, handlers, pipelines: [Pipeline("p", queue: "default", concurrency: 4)]) {
                _ in
                #expect(try await probe.wait(for: 30, in: "retry").count == 30)
                try await probe.waitUntilDrained()
            }
            #expect(disturbed.entries.isEmpty)
            #expect(Set(journal.entries) == Set((0..<300).map { "q\($0)" }))
            #expect(journal.entries.count == 300)
        }
    }

    @Test(
        "as many jobs wait at a time as there are places, also when they were fetched behind others that ended at once")
    func waiting() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let jobs = (0..<40).map { job($0 % 2 == 0 ? "Note" : "Gated", "\($0)") }
            try await probe.enqueue(jobs, to: "default")
            try await withWorker(
                on: probe, [.noting(Journal()), .gated(journal, gate)],
                pipelines: [Pipeline("p", queue: "default", concurrency: 20)]
            ) { _ in
                try await journal.wait(for: 20)
                gate.open()
                try await probe.waitUntilDrained()
            }
        }
    }
}
