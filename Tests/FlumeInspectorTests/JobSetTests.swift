@testable import FlumeInspector
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@Suite("Sorted sets of jobs")
struct JobSetTests {
    @Test("a retry by hand takes back one retry, stamps the job and leaves every other byte")
    func retryNow() async throws {
        try await withProbe { probe in
            let failed =
                #""queue":"q","retry_count":0,"failed_at":1795253697.5,"error_message":"é","unknown":[ ],"n":1e400"#
            try await probe.add([job("a", failed)], to: "retry")
            let set = Inspector(redis: probe.client).retrySet
            let record = try #require(try await set.find(jid: "a"))
            #expect(record.place == .retry && record.time == 1000 && record.jobClass == "Work" && record.queue == "q")
            #expect(record.errorMessage == "é" && record.errorBacktrace.isEmpty)
            #expect(String(decoding: record.bytes, as: UTF8.self) == job("a", failed))
            let moves = try await set.retryNow([record])
            #expect(moves == JobMoves(moved: 1))
            let pushed = try #require(try await probe.queue("q").first)
            let payload = try JobPayload(parsing: Array(pushed.utf8))
            // As when a retry is tried by hand in Sidekiq's UI: -1, so that the next failure makes it 0 again.
            #expect(payload.retryCount == -1)
            #expect(abs((payload.enqueuedAt?.seconds ?? 0) - (try await probe.now())) < 5)
            let stamp = String(decoding: payload.rawValue("enqueued_at") ?? [], as: UTF8.self)
            let created = String(decoding: payload.rawValue("created_at") ?? [], as: UTF8.self)
            #expect(
                pushed
                    == job(
                        "a",
                        failed.replacing(#""retry_count":0"#, with: #""retry_count":-1"#)
                            + #","retry":true,"created_at":\#(created),"enqueued_at":\#(stamp)"#))
            #expect(try await probe.set("queues") == ["q"])
            #expect(try await probe.number("ZCARD", "retry") == 0)
            // Whoever comes second does nothing.
            #expect(try await set.retryNow([record]) == JobMoves(gone: 1))
            #expect(try await probe.queue("q").count == 1)
        }
    }

    @Test("a dead job that is retried keeps its milliseconds, and a scheduled one its retry count")
    func otherSets() async throws {
        try await withProbe { probe in
            let inspector = Inspector(redis: probe.client)
            try await probe.add(
                [job("d", #""queue":"q","retry_count":24,"created_at":1795253697836,"failed_at":1795253697836"#)],
                to: "dead")
            try await probe.add([job("s", #""queue":"q","retry_count":3,"at":1795253697.5"#)], to: "schedule")
            #expect(try await inspector.deadSet.retryNow(try await inspector.deadSet.page()).moved == 1)
            #expect(try await inspector.scheduledSet.retryNow(try await inspector.scheduledSet.page()).moved == 1)
            let payloads = try await probe.queue("q").map { try JobPayload(parsing: Array($0.utf8)) }
            #expect(payloads.map(\.jid) == ["d", "s"])
            #expect(payloads.map(\.retryCount) == [23, 3])
            #expect(payloads[0].enqueuedAt?.unit == .milliseconds && payloads[1].enqueuedAt?.unit == .floatSeconds)
            #expect(payloads[1].rawValue("at") == nil)
        }
    }

    @Test("requeue keeps every byte, as Exq does, also of what no JSON reader would write so")
    func requeue() async throws {
        try await withProbe { probe in
            let exq =
                #"{"args":["unicode"],"class":"My.Worker","enqueued_at":1.7952582122002542e9,"error_class":null,"#
                + #""error_message":"{%RuntimeError{\n}, []}","jid":"061f8d4f-19fe-4e91-a280-8b136e03cb96","#
                + #""processor":null,"queue":"default","retried_at":null,"retry":25,"retry_count":null}"#
            try await probe.add([exq, job("b", #""queue":"default","x":{}"#), "no job"], to: "dead")
            let set = Inspector(redis: probe.client).deadSet
            let records = try await set.page()
            let moves = try await set.requeue(records)
            #expect(moves.moved == 2 && moves.refused.map(\.reason) == ["it names no queue"])
            #expect(try await probe.queue("default") == [exq, job("b", #""queue":"default","x":{}"#)])
            #expect(try await probe.members("dead") == ["no job"])
            #expect(try await set.retryNow(records.suffix(1)).refused.map(\.reason) == ["it is no job"])
            #expect(try await set.requeue(records.suffix(1), to: "default", isNext: true).moved == 1)
            #expect(try await probe.queue("default").first == "no job")
        }
    }

    @Test("a killed job dies as it is and now, and the dead set is trimmed to what the inspector is told")
    func kill() async throws {
        try await withProbe { probe in
            try await probe.add(["a", "b", "c"].map { job($0) }, to: "dead", from: 1)
            try await probe.add([job("d"), job("e")], to: "retry")
            let inspector = Inspector(
                redis: probe.client, deadSetMaximumJobs: 3, deadSetTimeout: .seconds(10_000_000_000))
            #expect(try await inspector.retrySet.kill(try await inspector.retrySet.page()).moved == 2)
            #expect(try await probe.members("dead") == [job("c"), job("d"), job("e")])
            let score = try #require(try await probe.score("dead", job("e")))
            #expect(abs(score - (try await probe.now())) < 5)
            let dead = try await inspector.deadSet.page(limit: 1)
            #expect(try await inspector.deadSet.kill(dead).refused.map(\.reason) == ["it is dead already"])
            #expect(try await inspector.retrySet.kill(dead).refused.map(\.reason) == ["it was not read from this set"])
        }
    }

    @Test("a job is moved to another time and stays the same job")
    func reschedule() async throws {
        try await withProbe { probe in
            try await probe.add([job("a"), job("b")], to: "schedule")
            let set = Inspector(redis: probe.client).scheduledSet
            let records = try await set.page()
            try await probe.send("ZREM", "schedule", job("b"))
            let moves = try await set.reschedule(records, at: Timestamp(microseconds: 4_102_444_800_250_000))
            #expect(moves == JobMoves(moved: 1, gone: 1))
            #expect(try await probe.score("schedule", job("a")) == 4102444800.25)
            #expect(try await probe.members("schedule") == [job("a")])
        }
    }

    @Test("a job is found by its jid, and by jid and score where several have the same one")
    func find() async throws {
        try await withProbe { probe in
            let odd = #"\u00e9*?[x]"#
            let members = (0..<700).map { job("jid-\($0)") } + [job(odd), job("x", #""queue":"jid-7""#)]
            for member in members { try await probe.send("ZADD", "retry", "1795253697.836076", member) }
            let set = Inspector(redis: probe.client).retrySet
            #expect(try await set.find(jid: "jid-7")?.jid == "jid-7")
            #expect(try await set.find(jid: "é*?[x]") != nil)
            #expect(try await set.find(jid: "jid-") == nil)
            #expect(try await set.find(jid: "jid-699", time: 1795253697.836076)?.jid == "jid-699")
            #expect(try await set.find(jid: "jid-699", time: 1795253697.836077) == nil)
        }
    }

    @Test("pages are in the order of time, and all jobs come, also while each is moved away")
    func pages() async throws {
        try await withProbe { probe in
            let members = (0..<1203).map { job("\($0)") }
            try await probe.add(members, to: "retry")
            let set = Inspector(redis: probe.client).retrySet
            #expect(try await set.size() == 1203)
            #expect(try await set.page(offset: 1, limit: 2).map(\.jid) == ["1", "2"])
            #expect(try await set.page(limit: 2, order: .newestFirst).map(\.jid) == ["1202", "1201"])
            #expect(try await set.page(limit: 5000).count == 1000)
            #expect(try await set.page(offset: 1202, limit: 0).map(\.jid) == ["1202"])
            #expect(Set(try await set.jobs().collected().map(\.jid)).count == 1203)
            #expect(
                Set(try await set.jobs(containing: #""jid":"120"#).collected().compactMap(\.jid))
                    == ["120", "1200", "1201", "1202"])
            #expect(try await set.jobs(containing: "[").collected().count >= 1203)
            #expect(try await set.jobs(containing: "[1, 3").collected().isEmpty)
            #expect(try await set.jobs(containing: "*").collected().isEmpty)
            for try await record in set.jobs() { try await set.delete([record]) }
            #expect(try await set.size() == 0)
        }
    }

    @Test("all jobs that there are when it begins are retried or killed, and what is no job stays behind")
    func all() async throws {
        try await withProbe { probe in
            let inspector = Inspector(redis: probe.client)
            try await probe.add(["broken one", "broken two"] + (0..<250).map { job("\($0)") }, to: "retry")
            let moves = try await inspector.retrySet.retryAll()
            #expect(moves.moved == 250 && moves.refused.count == 2)
            #expect(try await probe.queue("default").count == 250)
            #expect(try await probe.members("retry") == ["broken one", "broken two"])
            #expect(try await inspector.retrySet.killAll().moved == 2)
            #expect(try await probe.members("dead").sorted() == ["broken one", "broken two"])
            #expect(try await inspector.deadSet.killAll() == JobMoves())
        }
    }

    @Test("what cannot arrive does not leave, and the reason is told for that job alone")
    func refused() async throws {
        try await withProbe { probe in
            try await probe.send("SET", "queue:broken", "no list")
            try await probe.add([job("a", #""queue":"broken""#), job("b", #""queue":"q""#)], to: "retry")
            let set = Inspector(redis: probe.client).retrySet
            let moves = try await set.requeue(try await set.page())
            #expect(moves.moved == 1 && moves.refused.count == 1)
            #expect(moves.refused.first?.job.jid == "a" && moves.refused.first?.reason.hasPrefix("WRONGTYPE") == true)
            #expect(try await probe.members("retry") == [job("a", #""queue":"broken""#)])
        }
    }

    @Test("deleting and clearing release the locks their jobs hold, and no others")
    func locks() async throws {
        try await withProbe { probe in
            func unique(_ jid: String, _ token: String, until: String = "success") -> String {
                job(jid, #""queue":"q","unique_for":600,"unique_token":"\#(token)","unique_until":"\#(until)""#)
            }
            let set = Inspector(redis: probe.client).retrySet
            for key in ["retry", "queue:q"] {
                let queue = Inspector(redis: probe.client).queue("q")
                for clears in [false, true] {
                    let members = [
                        unique("a", "t1"), unique("b", "t2"), unique("c", "t3", until: "expiry"), job("d"),
                    ]
                    if key == "retry" {
                        try await probe.add(members, to: key)
                    } else {
                        try await probe.enqueue(members, to: "q")
                    }
                    try await probe.send("MSET", "unique:t1", "a", "unique:t2", "another", "unique:t3", "c")
                    switch (key, clears) {
                    case ("retry", false): #expect(try await set.delete(try await set.page()).moved == 4)
                    case ("retry", true): #expect(try await set.clear() == 4)
                    case (_, false): #expect(try await queue.delete(try await queue.page()).moved == 4)
                    case (_, true): #expect(try await queue.clear() == 4)
                    }
                    #expect(try await probe.number("EXISTS", key) == 0)
                    #expect(try await probe.string("unique:t1") == nil, "\(key) \(clears)")
                    #expect(try await probe.string("unique:t2") == "another")
                    #expect(try await probe.string("unique:t3") == "c")
                    #expect(try await probe.send("KEYS", "flume:*").array?.isEmpty == true)
                }
            }
            try await probe.add([unique("a", "t1")], to: "retry")
            try await probe.send("SET", "unique:t1", "a")
            #expect(try await set.kill(try await set.page()).moved == 1)
            #expect(try await probe.string("unique:t1") == nil)
            #expect(try await set.clear() == 0)
        }
    }

    @Test("jobs are moved and deleted while Redis is out of memory")
    func outOfMemory() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await probe.add([job("a"), job("b"), job("c")], to: "retry")
            try await probe.enqueue([job("d"), job("e")], to: "q")
            try await probe.send("CONFIG", "SET", "maxmemory", "1")
            let inspector = Inspector(redis: probe.client)
            let records = try await inspector.retrySet.page()
            #expect(try await inspector.retrySet.delete([records[0]]).moved == 1)
            #expect(try await inspector.retrySet.retryNow([records[1]]).moved == 1)
            #expect(try await inspector.retrySet.kill([records[2]]).moved == 1)
            let queued = try await inspector.queue("q").page()
            #expect(try await inspector.queue("q").kill([queued[0]]).moved == 1)
            #expect(try await inspector.queue("q").clear() == 1)
            #expect(try await probe.number("ZCARD", "dead") == 2)
            #expect(try await probe.queue("default").count == 1)
            await probe.client.close()
        }
    }
}
