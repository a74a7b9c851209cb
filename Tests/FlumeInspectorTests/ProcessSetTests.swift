@testable import FlumeInspector
import FlumeRedis
import FlumeWire
import Foundation
import TestSupport
import Testing

@Suite("Processes, running jobs and statistics")
struct ProcessSetTests {
    /// A Sidekiq, and an Exq node without a namespace, as they write themselves.
    private func seed(_ probe: RedisProbe) async throws {
        let info =
            #"{"hostname":"vm","started_at":1795253570.48,"pid":12380,"tag":"t","concurrency":3,"queues":["crit"],"#
            + #""labels":["l"],"identity":"vm:1:a","version":"7.3.9","embedded":false}"#
        try await probe.send("SADD", "processes", "vm:1:a", "vm:2:b", "vm:3:gone")
        try await probe.send(
            "HSET", "vm:1:a", "info", info, "busy", "1", "beat", "1795253580.5", "quiet", "false", "rss", "1024",
            "rtt_us", "120")
        let embedded = info.replacing("vm:1:a", with: "vm:2:b").replacing(
            #""embedded":false"#, with: #""embedded":true"#)
        try await probe.send("HSET", "vm:2:b", "info", embedded, "busy", "0", "beat", "1", "quiet", "true")
        let node =
            #"{"hostname":"node","identity":"node","started_at":1795258146.5,"pid":"4711","queues":["default"],"#
            + #""labels":[],"tag":"","busy":0,"concurrency":0,"quiet":false}"#
        try await probe.send("SADD", ":processes", "node")
        try await probe.send("HSET", ":node", "info", node, "busy", "2", "beat", "1795258150.5", "quiet", "false")
        let work = #"{"queue":"crit","payload":"{\"class\":\"C\",\"jid\":\"ruby\",\"args\":[]}","run_at":1795253700}"#
        try await probe.send("HSET", "vm:1:a:work", "9yt", work)
        let exq =
            ##"{"pid":"#PID<0.152.0>","host":"node","payload":"{\"class\":\"W\",\"jid\":\"exq\",\"args\":[]}","##
            + #""run_at":1795258150.25,"queue":"default"}"#
        try await probe.send("HSET", "node:workers", "#PID<0.152.0>", exq)
    }

    @Test("processes of Sidekiq and Exq are told with all they tell, and those that are gone are taken off the list")
    func processes() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let set = Inspector(redis: probe.client).processSet
            #expect(try await set.size() == 4)
            let all = try await set.all()
            #expect(all.map(\.identity) == ["node", "vm:1:a", "vm:2:b"])
            #expect(all.map(\.pid) == [4711, 12380, 12380])
            #expect(all.map(\.concurrency) == [0, 3, 3])
            #expect(all.map(\.embedded) == [false, false, true])
            #expect(all[1].residentKilobytes == 1024 && all[1].roundTripMicroseconds == 120 && all[1].labels == ["l"])
            #expect(all[0].residentKilobytes == nil && all[0].busy == 2)
            #expect(try await set.find("node")?.started == 1795258146.5)
            #expect(try await set.find("vm:3:gone") == nil)
            try await set.cleanUp()
            #expect(try await probe.set("processes") == ["vm:1:a", "vm:2:b"])
            #expect(try await Inspector(redis: probe.client).facts().processes.count == 3)
        }
    }

    @Test("signals are where each runtime looks for them, for a minute, and not for who is not there")
    func signals() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let set = Inspector(redis: probe.client).processSet
            try await set.send(.quiet, to: "vm:1:a")
            try await set.send(.dump, to: "vm:1:a")
            #expect(try await probe.list("vm:1:a-signals") == ["TTIN", "TSTP"])
            #expect((1...60).contains(try await probe.number("TTL", "vm:1:a-signals")))
            try await set.send(.quiet, to: "node")
            #expect(try await probe.list(":node-signals") == ["TSTP"])
            await #expect(throws: InspectorError.embedded("vm:2:b")) { try await set.send(.stop, to: "vm:2:b") }
            await #expect(
                throws: InspectorError.noSuchProcess("vm:3:gone", running: ["node", "vm:1:a", "vm:2:b"])
            ) { try await set.send(.stop, to: "vm:3:gone") }
            #expect(try await set.sendToAll(.stop) == ["node", "vm:1:a"])
            #expect(try await probe.list("vm:1:a-signals").first == "TERM")
            #expect(try await probe.number("EXISTS", "vm:3:gone-signals", "vm:2:b-signals") == 0)
        }
    }

    @Test("running jobs of Sidekiq and Exq are found; Exq is told to kill its own, a Sidekiq cannot")
    func work() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let set = Inspector(redis: probe.client).workSet
            let all = try await set.all()
            #expect(all.map(\.jid) == ["exq", "ruby"])
            #expect(all.map(\.thread) == ["#PID<0.152.0>", "9yt"])
            #expect(all.map(\.process) == ["node", "vm:1:a"])
            #expect(all.map(\.since) == [1795258150.25, 1795253700])
            #expect(all.map(\.queue) == ["default", "crit"])
            #expect(try await set.all(limit: 1).count == 1)
            #expect(try await set.find(jid: "none") == nil)
            try await set.cancel(jid: "exq")
            #expect(
                try await probe.list(":node-signals") == [##"CANCEL:{"pid":"#PID<0.152.0>","jid":"exq"}"##])
            await #expect(throws: InspectorError.cannotCancel("ruby", process: "vm:1:a")) {
                try await set.cancel(jid: "ruby")
            }
            await #expect(throws: InspectorError.noSuchJob("none")) { try await set.cancel(jid: "none") }
            await #expect(throws: InspectorError.emptyName) { try await set.cancel(jid: "") }
        }
    }

    @Test("statistics are Sidekiq's, with a history by UTC day and a reset")
    func statistics() async throws {
        try await withProbe { probe in
            try await seed(probe)
            try await probe.send("MSET", "stat:processed", "7", "stat:failed", "3")
            try await probe.send(
                "MSET", "stat:processed:2026-11-21", "5", "stat:failed:2026-11-21", "2", "stat:processed:2026-11-19",
                "1")
            try await probe.enqueue([job("a"), job("b")], to: "default")
            try await probe.enqueue([job("c")], to: "other")
            try await probe.add([job("d")], to: "schedule")
            let inspector = Inspector(redis: probe.client)
            let now = try await inspector.statistics()
            #expect(
                now
                    == JobStatistics(
                        processed: 7, failed: 3, enqueued: 3, scheduled: 1, retries: 0, dead: 0, processes: 4, busy: 3,
                        defaultQueueLatency: nil))
            let end = Timestamp(microseconds: 1_795_219_200_000_000)  // 2026-11-21T00:00:00Z
            let history = try await inspector.history(days: 3, endingOn: end)
            #expect(
                history == [
                    DayStatistics(day: "2026-11-21", processed: 5, failed: 2),
                    DayStatistics(day: "2026-11-20", processed: 0, failed: 0),
                    DayStatistics(day: "2026-11-19", processed: 1, failed: 0),
                ])
            #expect(try await inspector.history(days: 0).isEmpty)
            #expect(try await inspector.history().count == 30)
            try await inspector.resetStatistics([.failed])
            #expect(try await inspector.statistics().failed == 0)
            try await inspector.resetStatistics()
            #expect(try await inspector.statistics().processed == 0)
            #expect(try await probe.string("stat:processed:2026-11-21") == "5")
        }
    }

    @Test("what a process tells of itself cannot keep the statistics or the facts from being read")
    func absurd() async throws {
        try await withProbe { probe in
            try await probe.send("SADD", "processes", "a", "b", "c")
            let info = #"{"hostname":"h","pid":1,"started_at":1e400}"#
            try await probe.send("HSET", "a", "info", info, "busy", "9223372036854775807", "beat", "inf")
            try await probe.send("HSET", "b", "info", info, "busy", "1", "beat", "nan")
            try await probe.send("HSET", "c", "info", info, "busy", "-5", "beat", "-inf")
            let inspector = Inspector(redis: probe.client)
            #expect(try await inspector.statistics().busy == (1 << 31) + 1)
            let facts = try await inspector.facts()
            #expect(facts.processes.map(\.beat) == [nil, nil, nil])
            #expect(facts.processes.map(\.started) == [nil, nil, nil])
            #expect(try !JSONEncoder().encode(facts).isEmpty)
        }
    }

    @Test("a limit below 1 reads no running job")
    func noWork() async throws {
        try await withProbe { probe in
            try await seed(probe)
            let set = Inspector(redis: probe.client).workSet
            for limit in [0, -1, .min] { #expect(try await set.all(limit: limit).isEmpty) }
        }
    }
}
