import Flume
import FlumeWire
import TestSupport
import Testing

@testable import FlumeCron

@Suite("Schedules that change")
struct DeploymentTests {
    @Test("the entries of the last start are in force: removed ones vanish, new ones begin, unchanged ones go on")
    func replaced() async throws {
        try await withProbe { probe in
            let start = try time("2024-01-01T00:00:00Z")
            let clock = TestClock(start)
            let control = CronControl(jobs: probe.jobs)
            let old = probe.scheduler(
                try CronSchedule([entry("stays"), entry("goes"), entry("changes", "0 3 * * *")]), clock: clock)
            _ = try await old.pass()
            for name in ["stays", "goes", "changes"] { try await probe.mark(name, start) }
            clock.advance(by: 60)
            _ = try await old.pass()
            #expect(try await probe.ticks().count == 2)

            let new = probe.scheduler(
                try CronSchedule([entry("stays"), entry("comes"), entry("changes", "1 0 * * *")]), clock: clock)
            _ = try await new.pass()
            let status = try await control.entries()
            #expect(status.map(\.entry.name) == ["changes", "comes", "stays"])
            #expect(status.map { $0.lastTick != nil } == [false, false, true])
            #expect(try await probe.hash("flume:cron:default:state").keys.contains { $0.hasSuffix(":goes") } == false)
            // What has other times begins now: 00:01 was no tick of it.
            #expect(try await probe.ticks().count == 2)

            // The old process rests; the ticks of what stayed go on without a gap.
            clock.advance(by: 60)
            _ = try await old.pass()
            #expect(try await probe.ticks().count == 2)
            _ = try await new.pass()
            #expect(try await probe.ticks().suffix(1) == [start.wholeSeconds + 120])
        }
    }

    @Test("when those with the entries in force are gone, the others' come into force")
    func takenOver() async throws {
        try await withProbe { probe in
            let one = probe.scheduler(try CronSchedule([entry("one")]))
            let two = probe.scheduler(try CronSchedule([entry("two")]))
            _ = try await one.pass()
            _ = try await two.pass()
            _ = try await one.pass()
            let control = CronControl(jobs: probe.jobs)
            #expect(try await control.entries().map(\.entry.name) == ["two"])
            // As when its term has run out.
            try await probe.send("DEL", "flume:cron:default:force")
            _ = try await one.pass()
            #expect(try await control.entries().map(\.entry.name) == ["one"])
            // And after Redis has lost everything.
            try await probe.send("FLUSHDB")
            _ = try await one.pass()
            #expect(try await control.entries().map(\.entry.name) == ["one"])
        }
    }

    @Test("schedules of different names share a Redis, and one without entries is not listed")
    func names() async throws {
        try await withProbe { probe in
            _ = try await probe.scheduler(try CronSchedule([entry()], name: "web")).pass()
            _ = try await probe.scheduler(try CronSchedule([entry()], name: "mail")).pass()
            let control = CronControl(jobs: probe.jobs)
            #expect(try await control.schedules() == ["mail", "web"])
            #expect(try await control.entries(of: "web").count == 1)
            _ = try await probe.scheduler(try CronSchedule([], name: "web")).pass()
            #expect(try await control.schedules() == ["mail"])
            #expect(try await control.entries(of: "web").isEmpty)
        }
    }

    @Test("the same entries have the same digest in any order, and others another one")
    func digest() throws {
        let schedule = try CronSchedule([entry("a"), entry("b")])
        #expect(try CronSchedule([entry("b"), entry("a")]).digest == schedule.digest)
        for other in [
            [try entry("a")], [try entry("a"), try entry("c")], [try entry("a"), try entry("b", "0 * * * *")],
            [try entry("a"), try entry("b", zone: "Europe/Berlin")],
            [try entry("a"), try entry("b", isEnabled: false)],
            [try entry("a"), try entry("b", payload: JobPayload(jobClass: "Other", arguments: [1]))],
        ] {
            #expect(try CronSchedule(other).digest != schedule.digest)
        }
    }

    @Test("a dictionary among the arguments makes no other digest, in whatever order a process writes it")
    func dictionaries() throws {
        func digest(_ arguments: String) throws -> String {
            let payload = try JobPayload(
                parsing: Array(#"{"class":"TickJob","queue":"default","args":[\#(arguments)]}"#.utf8))
            return try CronSchedule([entry("a", payload: payload)]).digest
        }
        let one = try digest(#"{"a":1,"b":[{"c":2,"d":3.0}]}"#)
        #expect(try digest(#"{"b":[{"d":3.0,"c":2}],"a":1}"#) == one)
        #expect(try digest(#"{"b":[{"d":3,"c":2}],"a":1}"#) != one)
        #expect(try digest(#"{"b":[{"c":3.0,"d":2}],"a":1}"#) != one)
    }

    @Test(
        "names that are none, or are there twice, are refused",
        arguments: ["", "a:b", "a b", "{a}"])
    func badNames(name: String) throws {
        #expect(throws: CronError.self) { try CronSchedule([], name: name) }
        #expect(throws: CronError.self) { try CronSchedule([entry("x"), entry("x")]) }
        #expect(throws: CronError.self) { try entry(" ") }
    }
}
