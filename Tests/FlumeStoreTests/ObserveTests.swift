import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("Statistics and presence")
struct ObserveTests {
    /// 2026-11-21 09:33:20 UTC.
    private let time = Timestamp(microseconds: 1_795_253_600_000_000)

    private func delta(processed: Int, failed: Int) -> StatisticsDelta {
        var delta = StatisticsDelta()
        delta.processed = processed
        delta.failed = failed
        return delta
    }

    @Test("counts add up in the totals and in the UTC day's keys, which live five years")
    func statistics() async throws {
        try await withStore { fixture in
            try await fixture.store.add(delta(processed: 5, failed: 2), at: time)
            try await fixture.store.add(delta(processed: 1, failed: 0), at: time)
            try await fixture.store.add(delta(processed: 0, failed: 0), at: time)
            let probe = fixture.probe
            #expect(try await probe.string("stat:processed") == "6")
            #expect(try await probe.string("stat:failed") == "2")
            #expect(try await probe.string("stat:processed:2026-11-21") == "6")
            #expect(try await probe.string("stat:failed:2026-11-21") == "2")
            #expect(try await probe.number("TTL", "stat:processed") == -1)
            #expect((157_679_000...157_680_000).contains(try await probe.number("TTL", "stat:failed:2026-11-21")))
        }
    }

    @Test(
        "metrics go under the keys of the Sidekiq that shows them",
        arguments: [
            (
                MetricsLayout.sidekiq7, ["j|20261121|9:33": 28_800], "Klass-21-09:33"
            ),
            (
                .sidekiq8, ["j|261121|9:33": 28_800, "j|261121|9:3": 259_200], "h|Klass-21-9:33"
            ),
        ])
    func metrics(layout: MetricsLayout, counters: [String: Int], histogram: String) async throws {
        try await withStore { fixture in
            var counts = StatisticsDelta.JobClass()
            counts.processed = 3
            counts.failed = 1
            counts.milliseconds = 44
            counts.histogram.record(milliseconds: 15)
            counts.histogram.record(milliseconds: 29)
            var delta = delta(processed: 3, failed: 1)
            delta.classes["Klass"] = counts
            for _ in 0..<2 { try await fixture.store.addMetrics(delta, at: time, layout: layout) }
            for (key, lifetime) in counters {
                #expect(try await fixture.probe.hash(key) == ["Klass|p": "6", "Klass|f": "2", "Klass|ms": "88"])
                let left = try await fixture.probe.number("TTL", key)
                #expect((lifetime - 60...lifetime).contains(left))
            }
            let cells = try await fixture.probe.send("BITFIELD", histogram, "GET", "u16", "#0", "GET", "u16", "#1")
            #expect(cells.array?.compactMap(\.integer).reduce(0, +) == 4)
            #expect(try await fixture.probe.number("DBSIZE") == counters.count + 1)
        }
    }

    @Test("a beat shows the process and its running jobs for a minute, and brings the oldest signal")
    func beat() async throws {
        try await withStore { fixture in
            let probe = fixture.probe
            try await probe.send("LPUSH", "host:1:abc-signals", "TSTP")
            try await probe.send("LPUSH", "host:1:abc-signals", "TERM")
            var presence = Presence(
                identity: "host:1:abc", fields: [("info", bytes("{}")), ("busy", bytes("1"))],
                work: [("t1", bytes("{\"queue\":\"q\"}"))])
            #expect(try await fixture.store.beat(presence) == "TSTP")
            #expect(try await probe.set("processes") == ["host:1:abc"])
            #expect(try await probe.hash("host:1:abc") == ["info": "{}", "busy": "1"])
            #expect(try await probe.hash("host:1:abc:work") == ["t1": "{\"queue\":\"q\"}"])
            #expect((1...60).contains(try await probe.number("TTL", "host:1:abc")))
            #expect((1...60).contains(try await probe.number("TTL", "host:1:abc:work")))
            presence.work = []
            #expect(try await fixture.store.beat(presence) == "TERM")
            #expect(try await fixture.store.beat(presence) == nil)
            #expect(try await probe.number("EXISTS", "host:1:abc:work") == 0)
        }
    }

    @Test("a process that withdraws is off the list at once, and its hash is left to expire")
    func withdraw() async throws {
        try await withStore { fixture in
            let presence = Presence(identity: "me", fields: [("info", bytes("{}"))], work: [("t", bytes("{}"))])
            _ = try await fixture.store.beat(presence)
            try await fixture.store.withdraw(identity: "me")
            #expect(try await fixture.probe.set("processes").isEmpty)
            #expect(try await fixture.probe.number("EXISTS", "me:work") == 0)
            #expect(try await fixture.probe.number("TTL", "me") > 0)
        }
    }

    @Test("processes without a hash are pruned, once a minute by whoever comes first")
    func prune() async throws {
        try await withStore { fixture in
            let presence = Presence(identity: "alive", fields: [("info", bytes("{}"))], work: [])
            _ = try await fixture.store.beat(presence)
            try await fixture.probe.send("SADD", "processes", "gone1", "gone2")
            try await fixture.store.prunePresences()
            #expect(try await fixture.probe.set("processes") == ["alive"])
            #expect((1...60).contains(try await fixture.probe.number("TTL", "process_cleanup")))
            try await fixture.probe.send("SADD", "processes", "gone3")
            try await fixture.store.prunePresences()
            #expect(try await fixture.probe.set("processes") == ["alive", "gone3"])
        }
    }
}
