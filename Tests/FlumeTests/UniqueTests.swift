import Flume
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

private struct SyncUser: Job {
    static var options: JobOptions { .init(queue: "sync", unique: .init(for: .seconds(3600), until: .start)) }
    var userID: Int
    var fields: [String: Int]
}

@Suite("Unique jobs")
struct UniqueTests {
    @Test("of two jobs with the same arguments one is enqueued, and the other says which")
    func conflict() async throws {
        try await withProbe { probe in
            let fields = Dictionary(uniqueKeysWithValues: (0..<20).map { ("k\($0)", $0) })
            let first = try await probe.jobs().enqueueUnique(SyncUser(userID: 1, fields: fields))
            let jid = try #require(first.jid)
            // Swift orders dictionaries anew in each process, and often in each copy.
            let same = Dictionary(uniqueKeysWithValues: (0..<20).reversed().map { ("k\($0)", $0) })
            #expect(
                try await probe.jobs().enqueueUnique(SyncUser(userID: 1, fields: same)) == .conflict(jid: jid))
            #expect(try await probe.jobs().enqueueUnique(SyncUser(userID: 2, fields: fields)).jid != nil)
            #expect(try await probe.jobs().enqueue(SyncUser(userID: 1, fields: fields)) == nil)
            #expect(
                try await probe.jobs().enqueue(contentsOf: [
                    SyncUser(userID: 1, fields: fields), SyncUser(userID: 3, fields: fields),
                ]).map { $0 == nil } == [true, false])
            let stored = try await probe.payloads("sync")
            #expect(stored.count == 3 && stored[0].jid == jid)
            #expect(stored[0]["unique_for"] == 3600 && stored[0].uniqueUntil == .start)
            let token = try #require(stored[0].uniqueToken)
            #expect(try await probe.string("unique:\(token)") == jid)
            #expect((3_599_000...3_600_000).contains(try await probe.number("PTTL", "unique:\(token)")))
        }
    }

    @Test("a job that is not unique is enqueued as often as asked, with no field of it")
    func plain() async throws {
        try await withProbe { probe in
            for _ in 0..<2 {
                let result = try await probe.jobs().enqueueUnique(PlainJob(value: 1))
                #expect(result.jid != nil)
            }
            #expect(try await probe.payloads("default").allSatisfy { $0.lock == nil && $0["unlocks_at"] == nil })
            #expect(try await probe.number("DBSIZE") == 2)
        }
    }

    @Test("a call can make any job unique, and a token keeps apart or together what arguments do not")
    func perCall() async throws {
        try await withProbe { probe in
            let jobs = probe.jobs()
            let once = Uniqueness(for: .seconds(60), until: .expiry, token: "one per night")
            let jid = try #require(try await jobs.enqueueUnique(PlainJob(value: 1), as: once).jid)
            #expect(try await jobs.enqueueUnique(PlainJob(value: 2), as: once) == .conflict(jid: jid))
            let raw = JobPayload(jobClass: "Ruby", queue: "ruby")
            #expect(try await jobs.pushUnique(raw, as: once) == .conflict(jid: jid))
            var other = once
            other.token = "another"
            #expect(try await jobs.pushUnique(raw, as: other).jid != nil)
            #expect(try await probe.set("queues") == ["default", "ruby"])
        }
    }

    @Test("the lock of a job for later lasts its span from when it is due")
    func scheduled() async throws {
        try await withProbe { probe in
            let once = Uniqueness(for: .seconds(60), token: "t")
            let result = try await probe.jobs().enqueueUnique(PlainJob(value: 1), as: once, after: .seconds(1800))
            #expect((1_859_000...1_860_000).contains(try await probe.number("PTTL", "unique:t")))
            let stored = try JobPayload(parsing: Array(try #require(try await probe.members("schedule").first).utf8))
            let due = try #require(try await probe.score("schedule", stored.description))
            #expect(abs(try #require(stored.unlocksAt).seconds - due - 60) < 0.001)
            let past = Timestamp(microseconds: 1_000_000)
            #expect(
                try await probe.jobs().enqueueUnique(PlainJob(value: 1), as: once, at: past)
                    == .conflict(jid: try #require(result.jid)))
            try await probe.send("DEL", "unique:t")
            #expect(try await probe.jobs().enqueueUnique(PlainJob(value: 1), as: once, at: past).jid != nil)
            #expect((59_000...60_000).contains(try await probe.number("PTTL", "unique:t")))
        }
    }

    @Test("the same payload may be pushed again when nobody knows whether it arrived")
    func again() async throws {
        try await withProbe { probe in
            var payload = JobPayload(jobClass: "A", jid: "mine")
            payload.makeUnique(Uniqueness(for: .seconds(60)))
            let first = try await probe.jobs().pushUnique(payload)
            #expect(first == .enqueued(jid: "mine"))
            #expect(try await probe.jobs().pushUnique(payload) == .conflict(jid: "mine"))
            #expect(try await probe.payloads("default").count == 1)
        }
    }

    @Test("a bulk enqueues all but those in conflict, and says of each what became of it")
    func bulk() async throws {
        try await withProbe { probe in
            let once = Uniqueness(for: .seconds(60), token: "t")
            let picky = Middleware { payload, next in payload.queue == "no" ? nil : try await next(payload) }
            let results = try await probe.jobs(middleware: [picky]).enqueueAll([
                .payload(JobPayload(jobClass: "A", queue: "no")),
                .job(PlainJob(value: 1), options: JobOptions(unique: once)),
                .job(PlainJob(value: 2), after: .seconds(60), options: JobOptions(unique: once)),
                .job(PlainJob(value: 3)),
            ])
            #expect(results[0] == .stopped && results[1].jid != nil && results[3].jid != nil)
            #expect(results[2] == .conflict(jid: results[1].jid ?? ""))
            #expect(try await probe.payloads("default").map(\.jid) == [results[1].jid, results[3].jid])
            #expect(try await probe.number("ZCARD", "schedule") == 0)
        }
    }

    @Test("one unique job that has no meaning refuses the whole bulk by its place, and no lock is taken")
    func refused() async throws {
        try await withProbe { probe in
            let error = await #expect(throws: BulkError.self) {
                try await probe.jobs().enqueueAll([
                    .job(PlainJob(value: 1), options: JobOptions(unique: Uniqueness(for: .seconds(60)))),
                    .job(PlainJob(value: 2), options: JobOptions(unique: Uniqueness(for: .zero))),
                ])
            }
            #expect(error?.index == 1)
            #expect((error?.underlyingError as? PayloadError)?.message.contains("unique_for") == true)
            try await probe.expectEmpty()
        }
    }

    @Test("observers hear only of what was written")
    func events() async throws {
        try await withProbe { probe in
            let events = EventBus()
            let stream = events.events()
            let jobs = JobClient(redis: probe.client, events: events)
            let item = BulkItem.job(
                PlainJob(value: 1), options: JobOptions(queue: "u", unique: Uniqueness(for: .seconds(60))))
            try await jobs.enqueueAll([item, .job(PlainJob(value: 1)), item, item])
            try await jobs.enqueueAll([item])
            try await jobs.enqueueAll([.job(PlainJob(value: 1), options: JobOptions(queue: "last"))])
            var heard: [String] = []
            for await event in stream {
                guard case .enqueued(let queue, let count, _) = event else { continue }
                heard.append("\(queue) \(count)")
                if queue == "last" { break }
            }
            #expect(heard == ["u 1", "default 1", "last 1"])
        }
    }

    @Test("of many producers at once one enqueues, and all others learn its jid")
    func race() async throws {
        try await withProbe { probe in
            for round in 0..<5 {
                let once = Uniqueness(for: .seconds(60), token: "race \(round)")
                let results = try await withThrowingTaskGroup(of: BulkResult.self) { group in
                    for _ in 0..<50 {
                        group.addTask { try await probe.jobs().enqueueUnique(PlainJob(value: 1), as: once) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let jids = results.compactMap(\.jid)
                #expect(jids.count == 1)
                #expect(results.count { $0 == .conflict(jid: jids.first ?? "") } == 49)
                #expect(try await probe.payloads("default").count == round + 1)
            }
        }
    }
}
