@testable import FlumeInspector
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

/// Redis itself tells how long it worked on each command, and does nothing else meanwhile.
@Suite("A million jobs", .serialized)
struct MillionTests {
    private static let count = 1_000_000
    /// Microseconds: many times what any command of ours takes, so that a busy machine does not matter, and a part of what
    /// one takes that goes through all of them.
    private static let bound = 60_000

    /// Writes the jobs `0…` into a sorted set, the score the number, or into a queue, 0 the oldest.
    private static let fill = """
        for i = ARGV[1], ARGV[2] do
          local job = string.format(
            '{"class":"Work","args":[%d],"jid":"%024d","queue":"q","retry":true,"created_at":1795253697.5}', i, i)
          if ARGV[3] == 'set' then redis.call('ZADD', KEYS[1], i, job) else redis.call('LPUSH', KEYS[1], job) end
        end
        """

    private func withMillion(_ kind: String, in key: String, _ body: (RedisProbe, Inspector) async throws -> Void)
        async throws
    {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            for first in stride(from: 0, to: Self.count, by: 50_000) {
                try await probe.send("EVAL", Self.fill, "1", key, "\(first)", "\(first + 49_999)", kind)
            }
            try await probe.send("CONFIG", "SET", "slowlog-log-slower-than", "\(Self.bound)")
            try await probe.send("CONFIG", "SET", "slowlog-max-len", "1000")
            try await body(probe, Inspector(redis: probe.client))
            await probe.client.close()
        }
    }

    /// Does something, and looks up what Redis was slow at.
    private func quickly(_ name: String, on probe: RedisProbe, _ body: () async throws -> Void) async throws {
        try await probe.send("SLOWLOG", "RESET")
        try await body()
        let entries = try await probe.send("SLOWLOG", "GET", "1000").array ?? []
        let slow = entries.map { entry in
            let words = (entry.array?[3].array ?? []).prefix(2).compactMap(\.string).joined(separator: " ")
            return "\(words): \(entry.array?[2].integer ?? 0) µs"
        }
        #expect(slow == [], "\(name)")
    }

    private func jid(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 24 - digits.count) + digits
    }

    @Test("in a sorted set are paged, found, moved, deleted and cleared, and no command keeps Redis from others")
    func sortedSet() async throws {
        try await withMillion("set", in: "retry") { probe, inspector in
            let set = inspector.retrySet
            try await quickly("paging", on: probe) {
                #expect(try await set.size() == Self.count)
                for offset in [0, 500_000, Self.count - 1000] {
                    let page = try await set.page(offset: offset, limit: 1000)
                    #expect(page.count == 1000 && page.first?.jid == jid(offset))
                    let newest = try await set.page(offset: offset, limit: 1000, order: .newestFirst)
                    #expect(newest.count == 1000 && newest.first?.jid == jid(Self.count - 1 - offset))
                }
                #expect(try await inspector.statistics().retries == Self.count)
                #expect(try await inspector.facts().retries == Self.count)
            }
            try await quickly("finding", on: probe) {
                let found = try await set.find(jid: jid(765_432))
                #expect(found?.time == 765_432)
                #expect(try await set.find(jid: "none") == nil)
                #expect(try await set.find(jid: jid(765_432), time: 765_432) != nil)
                #expect(try await set.jobs(containing: #"[31415"#).collected().count == 11)
            }
            try await quickly("deleting and moving", on: probe) {
                let page = try await set.page(offset: 400_000, limit: 1000)
                #expect(try await set.delete(Array(page[..<250])).moved == 250)
                #expect(try await set.kill(Array(page[250..<500])).moved == 250)
                #expect(try await set.retryNow(Array(page[500..<750])).moved == 250)
                let later = Timestamp(microseconds: 4_102_444_800_000_000)
                #expect(try await set.reschedule(Array(page[750...]), at: later).moved == 250)
                #expect(try await set.size() == Self.count - 750)
            }
            try await quickly("clearing", on: probe) { _ = try await set.clear(releasingLocks: false) }
            #expect(try await set.size() == 0)
        }
    }

    @Test("in a queue are paged, found, moved, deleted and cleared, and no command keeps Redis from others")
    func queue() async throws {
        try await withMillion("list", in: "queue:q") { probe, inspector in
            let queue = inspector.queue("q")
            try await probe.send("SADD", "queues", "q")
            try await quickly("paging", on: probe) {
                #expect(try await queue.size() == Self.count)
                for offset in [0, 500_000, Self.count - 1000] {
                    let page = try await queue.page(offset: offset, limit: 1000)
                    #expect(page.count == 1000 && page.first?.jid == jid(Self.count - 1 - offset))
                    let oldest = try await queue.page(offset: offset, limit: 1000, order: .oldestFirst)
                    #expect(oldest.count == 1000 && oldest.first?.jid == jid(offset))
                }
                #expect(try await inspector.statistics().enqueued == Self.count)
                _ = try await queue.latency()
            }
            try await quickly("finding", on: probe) {
                let found = try await queue.find(jid: jid(765_432))
                #expect(found?.jid == jid(765_432))
                #expect(try await queue.jobs(containing: #"[31415"#).collected().count == 11)
            }
            try await quickly("deleting and moving", on: probe) {
                let page = try await queue.page(offset: 500_000, limit: 60)
                #expect(try await queue.delete(Array(page[..<20])).moved == 20)
                #expect(try await queue.kill(Array(page[20..<40])).moved == 20)
                #expect(try await queue.move(Array(page[40...]), to: "other").moved == 20)
                #expect(try await queue.size() == Self.count - 60)
            }
            try await quickly("clearing", on: probe) { _ = try await queue.remove(releasingLocks: false) }
            #expect(try await inspector.queues().map(\.name) == ["other"])
        }
    }

    @Test("are read through for their locks when they are cleared, a page at a time")
    func locks() async throws {
        try await withMillion("set", in: "schedule") { probe, inspector in
            let unique = #"{"class":"Work","args":[],"jid":"u","queue":"q","unique_for":60,"unique_token":"t"}"#
            try await probe.send("ZADD", "schedule", "2000000", unique)
            try await probe.send("SET", "unique:t", "u")
            try await quickly("clearing", on: probe) { _ = try await inspector.scheduledSet.clear() }
            #expect(try await probe.number("EXISTS", "unique:t") == 0)
        }
    }
}
