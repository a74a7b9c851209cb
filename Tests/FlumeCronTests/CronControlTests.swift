import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@testable import FlumeCron

private struct Report: Job {
    static var options: JobOptions { .init(queue: "reports", retry: .limit(2)) }
    var kind: String
    var at: Double?
}

@Suite("Control of periodic jobs")
struct CronControlTests {
    @Test("lists what is in force with everything it was made with")
    func lists() async throws {
        try await withProbe { probe in
            let entries = [
                try CronEntry(
                    "a", "0 3 * * * Europe/Berlin", job: Report(kind: "daily"), tickArgument: .seconds, missed: .skip,
                    description: "Counts."),
                try CronEntry(
                    "b:c", "@hourly", payload: JobPayload(jobClass: "B"), tickArgument: .object,
                    missed: .runAll(limit: 7), isEnabled: false, isActiveJob: true),
            ]
            _ = try await probe.scheduler(try CronSchedule(entries)).pass()
            let status = try await CronControl(jobs: probe.jobs).entries()
            #expect(status.map(\.entry) == entries)
            #expect(status.map(\.isEnabled) == [true, false])
            #expect(status[0].nextTick != nil && status[1].nextTick == nil)
            #expect(status.allSatisfy { $0.lastTick == nil && $0.lastJID == nil && $0.lastEnqueued == nil })
        }
    }

    @Test("a state that somebody has written wrongly is listed, and the next tick is judged all the same")
    func absurdState() async throws {
        try await withProbe { probe in
            let scheduler = probe.scheduler(try CronSchedule([entry()]))
            _ = try await scheduler.pass()
            for number in [Int.max, .min] {
                try await probe.send("HSET", "flume:cron:default:state", "tick:e", "\(number)", "ran:e", "\(number)")
                #expect(try await CronControl(jobs: probe.jobs).entries().map(\.entry.name) == ["e"])
                _ = try await scheduler.pass()
            }
        }
    }

    @Test("disables an entry for every process at once, and enables it from its next tick on")
    func switches() async throws {
        try await withProbe { probe in
            let start = try time("2024-01-01T00:00:30Z")
            let clock = TestClock(start)
            let control = CronControl(jobs: probe.jobs)
            let scheduler = probe.scheduler(try CronSchedule([entry()]), clock: clock)
            _ = try await scheduler.pass()
            try await probe.mark("e", start)
            try await control.disable("e")
            clock.advance(by: 60)
            _ = try await scheduler.pass()
            #expect(try await probe.ticks().isEmpty)
            // A restart changes nothing: the file says what it said before.
            let restarted = probe.scheduler(try CronSchedule([entry()]), clock: clock)
            _ = try await restarted.pass()
            #expect(try await control.entries().map(\.isEnabled) == [false])

            try await control.enable("e")
            #expect(try await control.entries().map(\.isEnabled) == [true])
            // The mark is at Redis's own time now, which is after the test's.
            _ = try await scheduler.pass()
            #expect(try await probe.ticks().isEmpty)
            clock.set(Timestamp(microseconds: Int(try await probe.now()) * 1_000_000).advanced(bySeconds: 60))
            _ = try await scheduler.pass()
            #expect(try await probe.ticks().count == 1)
        }
    }

    @Test("a word in the file that has changed is the last word")
    func lastWord() async throws {
        try await withProbe { probe in
            let control = CronControl(jobs: probe.jobs)
            func start(_ isEnabled: Bool) async throws -> [Bool] {
                _ = try await probe.scheduler(try CronSchedule([entry(isEnabled: isEnabled)])).pass()
                return try await control.entries().map(\.isEnabled)
            }
            #expect(try await start(false) == [false])
            try await control.enable("e")
            #expect(try await start(false) == [true])
            #expect(try await start(true) == [true])
            #expect(try await start(false) == [false])
        }
    }

    @Test("runs a job now, be it enabled or not, with the time of Redis, and leaves its ticks alone")
    func runsNow() async throws {
        try await withProbe { probe in
            let entry = try CronEntry(
                "a", "0 0 1 1 *", job: Report(kind: "yearly"), tickArgument: .seconds, isEnabled: false)
            _ = try await probe.scheduler(try CronSchedule([entry])).pass()
            let mark = try await probe.hash("flume:cron:default:state")["tick:a"]
            let control = CronControl(jobs: probe.jobs)
            let before = try await probe.now()
            let jid = try await control.runNow("a")
            let job = try await probe.payloads("reports")[0]
            #expect(job.jid == jid && job["retry"] == 2 && job["class"] == "Report")
            let report = try Report(decodingArgumentsOf: job)
            #expect(report.kind == "yearly")
            #expect(try #require(report.at) >= before)
            let status = try await control.entries()[0]
            #expect(status.lastJID == jid && status.lastEnqueued != nil && status.lastTick == nil)
            #expect(try await probe.hash("flume:cron:default:state")["tick:a"] == mark)
        }
    }

    @Test("an entry that is not there is an error that names those that are")
    func unknown() async throws {
        try await withProbe { probe in
            _ = try await probe.scheduler(try CronSchedule([entry("a"), entry("b")])).pass()
            let control = CronControl(jobs: probe.jobs)
            let message = "name: there is no periodic job \"c\" in the schedule default; there is a, b"
            for act in [
                { try await control.enable("c") }, { try await control.disable("c") },
                { _ = try await control.runNow("c") },
            ] as [() async throws -> Void] {
                let error = await #expect(throws: CronError.self) { try await act() }
                #expect(error?.description == message)
            }
            #expect(try await probe.hash("flume:cron:default").keys.sorted() == ["a", "b"])
        }
    }

    @Test("a job of ActiveJob is wrapped as Rails reads it, with an id of its own each time")
    func activeJob() throws {
        let payload = JobPayload(jobClass: "CleanUp", arguments: [["days": 30], "x"], queue: "low", retry: .none)
        let entry = try CronEntry("e", "@daily", payload: payload, tickArgument: .seconds, isActiveJob: true)
        let moment = try time("2024-01-01T00:00:00Z")
        let job = try entry.payload(for: moment)
        #expect(job["class"] == "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper")
        #expect(job.handlerName == "CleanUp" && job["queue"] == "low" && job["retry"] == false)
        let inner = try #require(try job.arguments().first?.object)
        #expect(inner["job_class"] == "CleanUp" && inner["queue_name"] == "low" && inner["executions"] == 0)
        #expect(inner["arguments"] == [["days": 30, "_aj_symbol_keys": []], "x", 1_704_067_200.0])
        #expect(inner["enqueued_at"]?.string?.hasPrefix("2024-01-01T00:00:00") == true)
        #expect(inner["job_id"]?.string?.count == 36)
        #expect(try entry.payload(for: moment).arguments().first?["job_id"] != inner["job_id"])
    }

    private struct ReportJob: ActiveJob {
        static var options: ActiveJobOptions {
            .init(queue: "reports", priority: 3, locale: "de", wrapper: .sidekiq, sidekiq: .init(retry: .limit(7)))
        }

        var kind: RubySymbol
        var tick: Double?
        @Keyword var format: RubySymbol? = nil
    }

    @Test("a typed ActiveJob job is enqueued as its type says, with an id and the time of the tick")
    func typedActiveJob() async throws {
        let job = ReportJob(kind: "daily", format: "pdf")
        let entry = try CronEntry("e", "@daily", job: job, tickArgument: .seconds)
        let same = try CronEntry("e", "@daily", job: job, tickArgument: .seconds)
        #expect(try CronSchedule([entry]) == CronSchedule([same]), "two processes have the same schedule")
        try await withProbe { probe in
            _ = try await probe.scheduler(try CronSchedule([entry])).pass()
            let jids = [
                try await CronControl(jobs: probe.jobs).runNow("e"),
                try await CronControl(jobs: probe.jobs).runNow("e"),
            ]
            let stored = try await probe.queue("reports").map {
                try ActiveJobEnvelope(JobPayload(parsing: Array($0.utf8)))
            }
            #expect(stored.count == 2 && Set(stored.map(\.payload.jid)) == Set(jids))
            #expect(Set(stored.map(\.jobID)).count == 2 && stored.allSatisfy { $0.jobID?.count == 36 })
            let first = try #require(stored.first)
            #expect(first.payload.jobClass == "Sidekiq::ActiveJob::Wrapper" && first.payload.retry == .limit(7))
            #expect(first.locale == "de" && first.priority == 3 && first.queueName == "reports")
            let read = try ReportJob(decodingArgumentsOf: first.payload)
            #expect(read.kind == "daily" && read.format == "pdf")
            let (tick, now) = (try #require(read.tick), try await probe.now())
            let enqueued = try #require(first.enqueuedAt).timestamp.seconds
            #expect(abs(tick - now) < 90_000 && abs(enqueued - now) < 90_000)
        }
    }
}
