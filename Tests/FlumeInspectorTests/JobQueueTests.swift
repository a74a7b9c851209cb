import Flume
@testable import FlumeInspector
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@Suite("Queues of jobs")
struct JobQueueTests {
    @Test("a page begins at either end, and a queue tells its size, its age and whether it is paused")
    func pages() async throws {
        try await withProbe { probe in
            let then = try await probe.now() - 100
            try await probe.enqueue(
                [job("0", #""enqueued_at":\#(then)"#)] + (1..<7).map { job("\($0)") }, to: "q")
            let inspector = Inspector(redis: probe.client)
            let queue = inspector.queue("q")
            #expect(try await queue.size() == 7)
            let latency = try #require(try await queue.latency())
            #expect(latency > 98 && latency < 160)
            #expect(try await queue.page(limit: 3).map(\.jid) == ["6", "5", "4"])
            #expect(try await queue.page(offset: 5, limit: 3).map(\.jid) == ["1", "0"])
            #expect(try await queue.page(limit: 3, order: .oldestFirst).map(\.jid) == ["0", "1", "2"])
            #expect(try await queue.page(offset: 5, limit: 3, order: .oldestFirst).map(\.jid) == ["5", "6"])
            #expect(try await queue.page(offset: 9, order: .oldestFirst).isEmpty)
            #expect(try await !queue.isPaused())
            try await inspector.pause(.queue("q"))
            #expect(try await queue.isPaused())
            #expect(try await inspector.queues().map(\.name) == ["q"])
            #expect(try await inspector.queue("none").latency() == 0)
            #expect(try await inspector.queue("none").jobs().collected().isEmpty)
        }
    }

    @Test("all jobs that stay come once at least while others push, take and delete")
    func walking() async throws {
        var generator = SeededGenerator.printed()
        try await withProbe { probe in
            try await probe.enqueue((0..<2000).map { job("\($0)") }, to: "q")
            let queue = Inspector(redis: probe.client).queue("q")
            var seen: [String] = []
            var next = 2000
            var kept = Set((0..<2000).map(String.init))
            for try await record in queue.jobs() {
                let jid = try #require(record.jid)
                seen.append(jid)
                switch Int.random(in: 0..<6, using: &generator) {
                case 0:
                    try await probe.enqueue([job("\(next)"), job("\(next + 1)")], to: "q")
                    next += 2
                case 1:
                    let taken = try await probe.send("RPOP", "queue:q").bytes ?? []
                    if !taken.isEmpty { kept.remove(try JobPayload(parsing: taken).jid ?? "") }
                case 2:
                    if try await queue.delete([record]).moved == 1 { kept.remove(jid) }
                default: break
                }
            }
            #expect(kept.subtracting(seen).isEmpty, "seed \(generator.seed)")
        }
    }

    @Test("a job is found wherever it is, and deleted, killed or moved as the very bytes it was read as")
    func acting() async throws {
        try await withProbe { probe in
            let odd = #"{ "class":"Work", "queue" : "q", "args":[1e3,""],"jid":"odd" }"#
            try await probe.enqueue((0..<1500).map { job("\($0)") } + [odd, "no job"], to: "q")
            let queue = Inspector(redis: probe.client).queue("q")
            let found = try #require(try await queue.find(jid: "odd"))
            #expect(try await queue.find(jid: "none") == nil)
            #expect(try await queue.move([found], to: "other").moved == 1)
            #expect(try await probe.queue("other") == [odd.replacing(#""q""#, with: #""other""#)])
            #expect(try await probe.set("queues") == ["other", "q"])
            #expect(try await queue.move([found], to: "other") == JobMoves(gone: 1))
            let broken = try #require(try await queue.page(limit: 1).first)
            #expect(broken.payload == nil)
            #expect(try await queue.kill([broken]).moved == 1)
            #expect(try await probe.members("dead") == ["no job"])
            let deep = try #require(try await queue.find(jid: "700"))
            #expect(try await queue.move([deep], to: "q").refused.map(\.reason) == ["it is in that queue already"])
            #expect(try await queue.move([deep], to: "").refused.map(\.reason) == ["a queue needs a name"])
            #expect(try await queue.delete([deep, deep]) == JobMoves(moved: 1, gone: 1))
            #expect(try await probe.queue("q") == (0..<1500).filter { $0 != 700 }.map { job("\($0)") })
            try await probe.enqueue([job("700")], to: "other")
            #expect(
                try await Inspector(redis: probe.client).queue("other").delete([deep]).refused.map(\.reason)
                    == ["it was not read from this queue"])
        }
    }

    @Test(
        "a job in the depth of a long queue leaves without Redis looking at all before it, also when the queue has moved"
    )
    func depth() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            for first in stride(from: 0, to: 20_000, by: 1000) {
                try await probe.enqueue((first..<first + 1000).map { job("\($0)") }, to: "q")
            }
            let queue = Inspector(redis: probe.client).queue("q")
            let wanted = try await queue.page(offset: 10_000, limit: 3)
            #expect(wanted.map(\.jid) == ["9999", "9998", "9997"])
            try await probe.enqueue((0..<700).map { job("new \($0)") }, to: "q")
            for _ in 0..<100 { try await probe.send("RPOP", "queue:q") }
            #expect(try await queue.delete(wanted).moved == 3)
            #expect(try await probe.calls(of: "lrem") == 0)
            let left = try await probe.queue("q").map { try JobPayload(parsing: Array($0.utf8)).jid ?? "" }
            #expect(left.count == 20_000 + 700 - 100 - 3)
            #expect(Set(left).count == left.count)
            #expect(Set(wanted.compactMap(\.jid)).isDisjoint(with: left))
            // The newest jobs are where those were; the order is the same elsewhere.
            let stayed = (100..<20_000).map(String.init).filter { !["9999", "9998", "9997"].contains($0) }
            #expect(left.filter { !$0.hasPrefix("new") } == stayed)
            #expect(left.prefix(10_000).count { $0.hasPrefix("new") } == 3)
            await probe.client.close()
        }
    }

    @Test("a queue is emptied at once, and only when it is removed it leaves the list")
    func clearing() async throws {
        try await withProbe { probe in
            let queue = Inspector(redis: probe.client).queue("q")
            try await probe.enqueue((0..<600).map { job("\($0)") }, to: "q")
            #expect(try await queue.clear() == 600)
            #expect(try await probe.set("queues") == ["q"])
            try await probe.enqueue([job("a")], to: "q")
            #expect(try await queue.remove(releasingLocks: false) == 1)
            #expect(try await probe.send("KEYS", "*").array?.isEmpty == true)
            #expect(try await queue.remove() == 0)
        }
    }

    @Test("a task that is cancelled while it empties a queue releases the locks all the same: nobody else could")
    func cancelledClearing() async throws {
        try await withProbe { probe in
            let queue = Inspector(redis: probe.client).queue("q")
            let jids = (0..<600).map { "\($0)" }
            try await probe.enqueue(
                jids.map { #"{"class":"A","args":[],"jid":"\#($0)","unique_token":"t\#($0)"}"# }, to: "q")
            try await probe.send("MSET", jids.flatMap { ["unique:t\($0)", $0] })
            let clearing = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await queue.clear()
            }
            clearing.cancel()
            #expect(try await clearing.value == 600)
            #expect(try await probe.send("KEYS", "unique:*").array?.isEmpty == true)
        }
    }

    @Test("no offset and no limit is too large or too small")
    func absurdPages() async throws {
        try await withProbe { probe in
            try await probe.enqueue([job("a"), job("b")], to: "q")
            try await probe.add([job("a"), job("b")], to: "dead")
            let inspector = Inspector(redis: probe.client)
            for order in [JobOrder.newestFirst, .oldestFirst] {
                for offset in [Int.max, .max - 1, 1 << 60] {
                    #expect(try await inspector.queue("q").page(offset: offset, limit: .max, order: order).isEmpty)
                    #expect(try await inspector.deadSet.page(offset: offset, limit: .max, order: order).isEmpty)
                }
                #expect(try await inspector.queue("q").page(offset: .min, limit: .max, order: order).count == 2)
                #expect(try await inspector.deadSet.page(offset: .min, limit: .min, order: order).count == 1)
            }
        }
    }

    @Test("a page of jobs that are larger together than a reply should be comes in several replies")
    func largeJobs() async throws {
        try await withProbe { probe in
            let jobs = ["a", "b"].map { job($0, #""x":"\#(String(repeating: $0, count: 33 << 20))""#) } + [job("c")]
            try await probe.enqueue(jobs, to: "q")
            try await probe.add(jobs, to: "dead")
            let inspector = Inspector(redis: probe.client)
            let (queue, dead) = (inspector.queue("q"), inspector.deadSet)
            func calls(_ read: () async throws -> [JobRecord], of jids: [String]) async throws -> Int {
                let before = try await probe.calls(of: "evalsha")
                #expect(try await read().map(\.jid) == jids)
                return try await probe.calls(of: "evalsha") - before
            }
            #expect(try await calls({ try await queue.page() }, of: ["c", "b", "a"]) > 1)
            #expect(try await calls({ try await queue.page(order: .oldestFirst) }, of: ["a", "b", "c"]) > 1)
            #expect(try await calls({ try await queue.page(offset: 1, limit: 1) }, of: ["b"]) == 1)
            #expect(try await calls({ try await queue.jobs().collected() }, of: ["c", "b", "a"]) > 1)
            #expect(try await calls({ try await dead.page() }, of: ["a", "b", "c"]) > 1)
            #expect(try await calls({ try await dead.page(offset: 1, limit: 1) }, of: ["b"]) == 1)
            #expect(try await dead.find(jid: "b", time: 1001)?.jid == "b")
        }
    }

    @Test("names that only look the same are two queues")
    func exactNames() async throws {
        try await withProbe { probe in
            let names = ["caf\u{e9}", "cafe\u{301}"]
            for name in names { try await probe.enqueue([job(name)], to: name) }
            let inspector = Inspector(redis: probe.client)
            #expect(try await inspector.facts().queues.map(\.size) == [1, 1])
            let moved = try #require(try await inspector.queue(names[0]).page().first)
            #expect(try await inspector.queue(names[0]).move([moved], to: names[1]).moved == 1)
            #expect(try await inspector.queue(names[1]).size() == 2)
        }
    }
}
