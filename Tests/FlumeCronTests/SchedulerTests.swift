import Flume
import FlumeRedis
import FlumeWire
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import FlumeCron

@Suite("The scheduler of periodic jobs")
struct SchedulerTests {
    @Test("enqueues ordinary jobs by the client's middleware, each at its tick and none before")
    func ordinary() async throws {
        struct Tag: ClientMiddleware {
            func push(
                _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
            ) async throws -> JobPayload? {
                var payload = payload
                payload.set("tags", to: ["seen"])
                return try await next(payload)
            }
        }
        try await withProbe { probe in
            let start = try time("2024-01-01T00:00:30Z")
            let clock = TestClock(start)
            let payload = JobPayload(jobClass: "Report", arguments: ["daily"], queue: "reports", retry: .limit(3))
            let schedule = try CronSchedule([entry("report", "*/5 * * * *", payload: payload)])
            let scheduler = probe.scheduler(schedule, clock: clock, middleware: [Tag()])
            _ = try await scheduler.pass()
            try await probe.mark("report", start)
            _ = try await scheduler.pass()
            #expect(try await probe.number("EXISTS", "queue:reports") == 0)
            for _ in 0..<12 {
                clock.advance(by: 60)
                _ = try await scheduler.pass()
            }
            #expect(try await probe.ticks("reports").map { $0 - start.wholeSeconds } == [270, 570])
            let job = try await probe.payloads("reports")[0]
            #expect(job["class"] == "Report" && job["retry"] == 3 && job["tags"] == ["seen"])
            #expect(try job.arguments().first == "daily")
            #expect(job.jid?.count == 24 && job.createdAt != nil && job.enqueuedAt != nil)
            #expect(try await probe.set("queues") == ["reports"])
        }
    }

    @Test("sleeps until the next tick of any entry, and never so long that its entries go out of force")
    func pause() async throws {
        try await withProbe { probe in
            let clock = TestClock(try time("2024-01-01T00:00:50.25Z"))
            let schedule = try CronSchedule([entry("a"), entry("b", "0 0 1 1 *")])
            let pause = try await probe.scheduler(schedule, clock: clock).pass()
            #expect(pause <= .milliseconds(9750) && pause > .seconds(5))
            let rare = try CronSchedule([entry("b", "0 0 1 1 *")])
            #expect(try await probe.scheduler(rare, clock: clock).pass() <= .seconds(20))
            #expect(try await probe.number("PTTL", "flume:cron:default:force") > 50_000)
        }
    }

    @Test(
        "runs the ticks of both days of a change of clocks once each",
        arguments: [
            ("Europe/Berlin", "2024-03-30T12:00:00Z", "30 2 * * *", ["01:00", "00:30"]),
            ("Europe/Berlin", "2024-10-26T12:00:00Z", "30 2 * * *", ["00:30", "01:30"]),
            ("America/New_York", "2024-11-02T12:00:00Z", "30 1 * * *", ["05:30", "06:30"]),
            ("Australia/Sydney", "2024-10-05T12:00:00Z", "30 2 * * *", ["16:00", "15:30"]),
            ("Australia/Lord_Howe", "2024-04-06T12:00:00Z", "45 1 * * *", ["14:45", "15:15"]),
        ])
    func clockChange(zone: String, start: String, expression: String, times: [String]) async throws {
        try await withProbe { probe in
            let clock = TestClock(try time(start))
            let schedule = try CronSchedule([entry("e", expression, zone: zone)])
            let schedulers = (0..<2).map { _ in probe.scheduler(schedule, clock: clock) }
            _ = try await schedulers[0].pass()
            try await probe.mark("e", try time(start))
            for _ in 0..<(48 * 4) {
                clock.advance(by: 900)
                for scheduler in schedulers { _ = try await scheduler.pass() }
            }
            let found = try await probe.ticks()
            #expect(
                found.map { local(Timestamp(microseconds: $0 * 1_000_000), in: "UTC").dropFirst(11).prefix(5) }
                    == times.map { $0[...] })
        }
    }

    @Test("rests neither when Redis's clock goes back far, nor runs anything again when it is right again")
    func clockBack() async throws {
        try await withProbe { probe in
            let schedule = try CronSchedule([entry("e", "* * * * * *", missed: .runAll(limit: 100))])
            let scheduler = probe.scheduler(schedule)
            _ = try await scheduler.pass()
            let now = Int(try await probe.now())
            // As after a clock that went back by a day: the mark is a day ahead.
            let ahead = Timestamp(microseconds: (now + 86_400) * 1_000_000)
            try await probe.mark("e", ahead)
            _ = try await scheduler.pass()
            let state = try await probe.hash("flume:cron:default:state")
            #expect(state["was:e"] == "\(now + 86_400)")
            #expect(state["tick:e"].flatMap { Int($0) }.map { $0 >= now && $0 < now + 60 } == true)
            // And as after one that was a day behind until now, where all had run before.
            try await probe.mark("e", Timestamp(microseconds: (now - 86_400) * 1_000_000))
            try await probe.send("HSET", "flume:cron:default:state", "was:e", "\(now)")
            _ = try await scheduler.pass()
            #expect(try await probe.ticks().allSatisfy { $0 > now })
            #expect(try await probe.hash("flume:cron:default:state")["was:e"] == nil)
        }
    }

    @Test(
        "rests while Redis's clock is back by no more than one tick, or by three hours at a fixed time",
        arguments: [
            ("* * * * * *", 59, true), ("* * * * * *", 62, false), ("*/15 * * * *", 890, true),
            ("*/15 * * * *", 910, false), ("0 3 * * *", 10_790, true), ("0 3 * * *", 10_810, false),
            ("0 5 1 1 *", 10_790, true), ("0 * 1 1 *", 3590, true), ("0 * 1 1 *", 3610, false),
        ])
    func restsShortly(_ expression: String, _ ahead: Int, _ isResting: Bool) async throws {
        try await withProbe { probe in
            let scheduler = probe.scheduler(try CronSchedule([entry("e", expression), entry("other", "0 0 1 1 *")]))
            _ = try await scheduler.pass()
            let mark = Int(try await probe.now()) + ahead
            try await probe.mark("e", Timestamp(microseconds: mark * 1_000_000))
            _ = try await scheduler.pass()
            let state = try await probe.hash("flume:cron:default:state")
            #expect((state["was:e"] == nil) == isResting)
            #expect((state["tick:e"] == "\(mark)") == isResting)
            #expect(state["was:other"] == nil)
        }
    }

    @Test("a clock of Redis that goes to and fro runs no tick twice, and what it leaves behind has an end")
    func clockToAndFro() async throws {
        try await withProbe { probe in
            let scheduler = probe.scheduler(try CronSchedule([entry("e", "* * * * * *", missed: .runAll(limit: 100))]))
            _ = try await scheduler.pass()
            let now = Int(try await probe.now())
            // It was an hour ahead, an hour behind, where it had run until a moment ago, and is right again.
            try await probe.send("HSET", "flume:cron:default:state", "was:e", "\(now) \(now + 3600)")
            try await probe.mark("e", Timestamp(microseconds: (now - 3600) * 1_000_000))
            _ = try await scheduler.pass()
            #expect(try await probe.ticks().allSatisfy { $0 > now })
            #expect(try await probe.hash("flume:cron:default:state")["was:e"] == "\(now + 3600)")
            for hours in 2...30 {
                try await probe.mark("e", Timestamp(microseconds: (now + 3600 * hours) * 1_000_000))
                _ = try await scheduler.pass()
            }
            let kept = try await probe.hash("flume:cron:default:state")["was:e"]?.split(separator: " ").map { Int($0) }
            #expect(kept == (21...30).map { now + 3600 * $0 })
        }
    }

    @Test(
        "of ticks that no process was there for, runs those that the entry says",
        arguments: [
            (MissedTicks.skip, [] as [Int]), (.runOnce, [600]), (.runAll(limit: 3), [480, 540, 600]),
            (.runAll(limit: 100), Array(stride(from: 60, through: 600, by: 60))),
        ])
    func missed(policy: MissedTicks, expected: [Int]) async throws {
        try await withProbe { probe in
            let start = try time("2024-01-01T00:00:00Z")
            // At 00:12:30 the tick of 00:10 is long past and there is none of 00:12.
            let clock = TestClock(try time("2024-01-01T00:12:30Z"))
            let schedule = try CronSchedule([entry("e", "0-10 * * * *", missed: policy)])
            let scheduler = probe.scheduler(schedule, clock: clock)
            _ = try await scheduler.pass()
            try await probe.mark("e", start)
            for _ in 0..<2 { _ = try await scheduler.pass() }
            #expect(try await probe.ticks().map { $0 - start.wholeSeconds } == expected)
        }
    }

    @Test("a tick that is due anyway stands for the missed ones too, and one less than a minute late is not missed")
    func punctual() async throws {
        try await withProbe { probe in
            let start = try time("2024-01-01T00:00:00Z")
            let clock = TestClock(try time("2024-01-01T00:10:30Z"))
            let schedule = try CronSchedule([
                entry("once", "* * * * *"), entry("seconds", "*/20 * * * * *", missed: .skip),
            ])
            let scheduler = probe.scheduler(schedule, clock: clock)
            _ = try await scheduler.pass()
            try await probe.mark("once", start)
            try await probe.mark("seconds", start)
            _ = try await scheduler.pass()
            #expect(try await probe.ticks().map { $0 - start.wholeSeconds } == [600, 580, 600, 620])
        }
    }

    @Test("after a pause of years each policy answers at once")
    func years() async throws {
        try await withProbe { probe in
            let start = try time("2014-01-01T00:00:00Z")
            let clock = TestClock(try time("2024-01-01T00:00:30.5Z"))
            let schedule = try CronSchedule([
                entry("once", "* * * * * *"), entry("all", "*/2 * * * * *", missed: .runAll(limit: 10)),
                entry("skip", "0 0 1 1 *", missed: .skip),
            ])
            let scheduler = probe.scheduler(schedule, clock: clock)
            _ = try await scheduler.pass()
            for entry in schedule.entries { try await probe.mark(entry.name, start) }
            _ = try await scheduler.pass()
            // 61 seconds up to now, ten missed ones and 31 of two seconds each, and one half a minute ago.
            #expect(try await probe.ticks().count == 61 + 10 + 31 + 1)
        }
    }

    @Test("10 schedulers at once over 1,000 ticks enqueue each tick once", arguments: [false, true])
    func race(isMissed: Bool) async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed("race(\(isMissed))")
            let start = try time("2024-03-30T20:00:00Z")
            let schedule = try CronSchedule([
                entry("e", "* * * * *", zone: "Europe/Berlin", missed: .runAll(limit: 1000))
            ])
            _ = try await probe.scheduler(schedule, clock: TestClock(start)).pass()
            try await probe.mark("e", start)
            let steps = (0..<10).map { _ in (0..<3000).map { _ in Int.random(in: 20...110, using: &generator) } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for steps in steps {
                    // A process has a connection of its own.
                    let other = RedisProbe(probe.client.configuration)
                    group.addTask {
                        let end = start.wholeSeconds + 60_000
                        let clock = TestClock(isMissed ? Timestamp(microseconds: end * 1_000_000) : start)
                        let scheduler = other.scheduler(schedule, clock: clock)
                        for step in steps {
                            _ = try await scheduler.pass()
                            if clock.seconds >= end { break }
                            clock.advance(by: min(step, end - clock.seconds))
                        }
                        _ = try await scheduler.pass()
                        await other.client.close()
                    }
                }
                try await group.waitForAll()
            }
            let ticks = try await probe.ticks()
            #expect(ticks == (1...1000).map { start.wholeSeconds + 60 * $0 })
        }
    }

    @Test("a queue that cannot take a job keeps no other entry waiting, and gets its job later")
    func refused() async throws {
        try await withProbe { probe in
            let start = try time("2024-01-01T00:00:30Z")
            let clock = TestClock(start)
            let broken = JobPayload(jobClass: "A", queue: "broken")
            let schedule = try CronSchedule([entry("a", payload: broken), entry("b")])
            let scheduler = probe.scheduler(schedule, clock: clock)
            _ = try await scheduler.pass()
            for name in ["a", "b"] { try await probe.mark(name, start) }
            try await probe.send("SET", "queue:broken", "text")
            clock.advance(by: 40)
            #expect(try await scheduler.pass() <= .seconds(5))
            #expect(try await probe.ticks().count == 1)
            try await probe.send("DEL", "queue:broken")
            _ = try await scheduler.pass()
            #expect(try await probe.ticks("broken") == [start.wholeSeconds + 30])
            #expect(try await probe.ticks().count == 1)
        }
    }

    @Test("enqueues while Redis is out of memory, as far as a mark can be set")
    func outOfMemory() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let start = try time("2024-01-01T00:00:30Z")
            let clock = TestClock(start)
            let scheduler = probe.scheduler(try CronSchedule([entry()]), clock: clock)
            _ = try await scheduler.pass()
            try await probe.mark("e", start)
            try await probe.send("CONFIG", "SET", "maxmemory", "1")
            clock.advance(by: 60)
            _ = try await scheduler.pass()
            #expect(try await probe.ticks() == [start.wholeSeconds + 30])
            await probe.client.close()
        }
    }

    @Test("an entry whose mark is far in the future, from a clock that was wrong, runs again")
    func futureMark() async throws {
        try await withProbe { probe in
            let scheduler = probe.scheduler(try CronSchedule([entry("e", "* * * * * *")]))
            _ = try await scheduler.pass()
            try await probe.mark("e", try time("2044-01-01T00:00:00Z"))
            try await eventually("a tick") {
                _ = try await scheduler.pass()
                return try await probe.number("LLEN", "queue:default") > 0
            }
        }
    }

    @Test(
        "entries in force whose state Redis has lost begin anew, and it is told",
        arguments: [[String](), ["at:e", "1", "jid:e", "abc"]])
    func lostState(left: [String]) async throws {
        try await withProbe { probe in
            let logs = InMemoryLogHandler()
            let start = try time("2024-01-01T00:00:30Z")
            let clock = TestClock(start)
            let scheduler = CronScheduler(
                try CronSchedule([entry()]), jobs: probe.jobs, logger: Logger(label: "test") { _ in logs },
                now: clock.now)
            _ = try await scheduler.pass()
            func told() -> Int { logs.entries.count { "\($0.message)".contains("lost the state") } }
            #expect(told() == 0)
            try await probe.send("DEL", "flume:cron:default:state")
            if !left.isEmpty { try await probe.send("HSET", ["flume:cron:default:state"] + left) }
            _ = try await scheduler.pass()
            #expect(told() == 1)
            try await probe.mark("e", start)
            clock.advance(by: 60)
            _ = try await scheduler.pass()
            #expect(try await probe.ticks() == [start.wholeSeconds + 30])
            #expect(told() == 1)
        }
    }
}
