import Flume
import FlumeInspector
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

// What differs between Exq and Sidekiq in a namespace that both share with Flume, row by row, and the test that Flume gets
// along with it. A name without a file is in this one, in ExqNodeTests or in ExqFormTests; captured jobs are those of
// Fixtures/README.md.
//
// Reading what Exq wrote
//  1 no created_at, no at                  "a job of Exq runs with its own jid and arguments, …"
//  2 seconds, milliseconds, exponents, null "whatever its times say, a job runs, and fails with times of the same unit";
//                                          CapturedPayloadTests, FieldTests in FlumeWireTests
//  3 enqueued_at in the future, or missing "a queue whose oldest job says nothing useful of its age has no negative one"
//  4 a jid of 36 characters                "a job of Exq runs with its own jid and arguments, …"
//  5 nulls; retry_count 0 that is none     "nulls are absent fields, and a count without a failure is none"
//  6 retry as a number; counts from 1      "a job that Exq has failed before has the retries left that it says"
//  7 error_class null, long error_message  "an entry of Exq's in retry runs again, and its error makes way for the next"
//  8 names of modules                      "a job finds its handler by every name that Exq has for it"
//  9 fields that vanish in Exq             "a job whose fields Exq has dropped goes on by its jid"
// 10 moved as it is by Exq's scheduler     "a job that Exq's scheduler moved as it was runs"
// 11 stat:processed without failures       "counters that Exq began are counted on, and told as they are"
// 12 nodes named by host, pid a text       "a node of Exq and what it runs are among the facts", with a namespace
// 13 keys that begin with a colon          the same, without one
//
// Writing what Exq reads
// 14 enqueued_at in float seconds          "what waits for a time says when it was enqueued, …";
//                                          "what waits for a time has the field that Exq's own has, …"
// 15 queue in every waiting job            "a job that snoozes says which queue it came from";
//                                          EnqueueTests "each option lands in its field …"
// 16 an object in every entry              BadInputTests and EnqueueTests: nothing else is pushed, what is no job is buried
// 17 what a process says of itself         "a worker says of itself what Exq's pages read"
// 18 signals that are not Sidekiq's        "signals as Exq sends them cancel a job and quiet a worker";
//                                          "a signal of Exq's for somebody else harms nobody"
// 19 locks of unique jobs                  "the lock of a job of Exq is given back when Exq would"; UniqueTests
// 20 jobs a node has in flight             "a worker of the same host leaves everything alone that a living node owns";
//                                          "what a dead node had in flight is put back when somebody says so, …"
// 21 snoozed jobs in retry                 "a job that Exq has snoozed runs as if for the first time"
// 22 entries that leave by their bytes     "two jobs of one jid that differ in their bytes are two, …"; ScheduleTests,
//                                          SettleTests: no entry is rewritten where it is
// 23 names with another meaning            "a queue is not named like a place where Exq keeps jobs in flight"

@Suite("Sharing with Exq")
struct ExqSharingTests {
    /// Enqueues, waits until nothing is left to do, and returns what is in a set.
    private func fail(_ payloads: [String], with error: any Error = Boom(), into set: String) async throws
        -> [JobPayload]
    {
        try await withProbe { probe in
            let classes = Set(try payloads.map { try JobPayload(parsing: Array($0.utf8)).jobClass ?? "" })
            try await withWorker(on: probe, classes.map { .failing($0, error) }) { _ in
                try await probe.enqueue(payloads, to: "default")
                _ = try await probe.wait(for: payloads.count, in: set)
                try await probe.waitUntilDrained()
            }
            return try await probe.members(set).map { try JobPayload(parsing: Array($0.utf8)) }
        }
    }

    @Test("a job of Exq runs with its own jid and arguments, and once it has failed it says all that it said before")
    func fresh() async throws {
        let captured = try ExqCapture.job("enqueued.exq_queue_default.plain")
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("My.Worker") { payload, context in
                journal.note("\(context.jid) \(context.attempt) \(payload.createdAt == nil)")
                throw Boom()
            }
            try await withWorker(on: probe, [handler]) { _ in
                try await probe.enqueue([captured.description], to: "default")
                let failed = try await probe.wait(for: 1, in: "retry")[0]
                #expect(failed.hasPrefix(String(captured.description.dropLast())), "\(failed)")
            }
            #expect(captured.jid?.count == 36)
            #expect(journal.entries == ["\(captured.jid ?? "") 1 true"])
        }
    }

    @Test("whatever its times say, a job runs, and fails with times of the same unit")
    func times() async throws {
        let jobs =
            try ExqCapture.values("scheduled-due-moved.exq_queue_").values.sorted()
            + [job("My.Worker", "s", #""enqueued_at":1795258155,"retry":5"#)]
            + [job("My.Worker", "n", #""enqueued_at":null,"failed_at":null,"retry":5"#)]
            + [try ExqCapture.value("mixed-sidekiq8-before.exq_queue_low.options")]
        let failed = try await fail(jobs, into: "retry")
        #expect(failed.count == jobs.count && jobs.count == 7)
        for payload in failed {
            let at = try #require(payload.failedAt, "\(payload)")
            let isSidekiq8 = payload["locale"] != nil
            #expect(at.unit == (isSidekiq8 ? .milliseconds : .floatSeconds), "\(payload)")
        }
    }

    @Test("a queue whose oldest job says nothing useful of its age has no negative one")
    func latency() async throws {
        try await withProbe { probe in
            let later = try ExqCapture.value("scheduled.exq_schedule.at-whole-second-2100")
            try await probe.enqueue([later], to: "future")
            try await probe.enqueue([job("A", "a")], to: "silent")
            let facts = try await Inspector(redis: probe.client).facts()
            #expect(facts.queues.map(\.latency) == [0, nil])
        }
    }

    @Test("nulls are absent fields, and a count without a failure is none")
    func nulls() async throws {
        let nulls =
            #""retry":1,"retry_count":null,"error_class":null,"error_message":null,"failed_at":null,"retried_at":null"#
        let jobs = [job("A", "nulls", nulls), job("A", "zero", #""retry":1,"retry_count":0"#)]
        for payload in try await fail(jobs, into: "retry") {
            #expect(payload.retryCount == 0 && payload.failedAt != nil, "\(payload)")
            #expect(payload["error_class"] == "Boom")
        }
        // Back in its queue by Exq's own Api, with no retries to have: dead again.
        let again = try ExqCapture.job("api-requeued-dead.exq_queue_default.kill")
        #expect(try await fail([again.description], into: "dead").map(\.failedAt) == [again.failedAt])
    }

    @Test("a job that Exq has failed before has the retries left that it says")
    func counts() async throws {
        var once = try ExqCapture.job("failed-once.exq_retry.custom")
        #expect(once.retryCount == 1)
        once.set("retry", to: 3)
        #expect(try await fail([once.description], into: "retry").map(\.retryCount) == [2])
        once.set("retry", to: 2)
        #expect(try await fail([once.description], into: "dead").map(\.retryCount) == [2])
    }

    @Test("an entry of Exq's in retry runs again, and its error makes way for the next")
    func retried() async throws {
        let entry = try ExqCapture.job("failed-once.exq_retry.custom")
        #expect(entry["error_class"] == .null)
        try await withProbe { probe in
            try await probe.send("ZADD", "retry", "1", entry.description)
            let journal = Journal()
            let handler = Handler.raw("My.ErrorWorker") { _, context in
                journal.note("\(context.attempt)")
                throw Boom("next")
            }
            try await withWorker(on: probe, [handler]) { _ in
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
                let failed = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                #expect(failed["error_message"] == "next" && failed["error_class"] == "Boom")
                #expect(failed.failedAt == entry.failedAt && failed.retryCount == 2)
                #expect(failed["finished_at"] == .null && failed["processor"] == .null)
            }
            #expect(journal.entries == ["3"])
        }
    }

    @Test("a job finds its handler by every name that Exq has for it")
    func names() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers = ["My.Worker", "My::Nested.Worker", "My.Nested.Deep.Worker", "MyWorker", "my_erlang_worker"]
                .map { name in Handler.raw(name) { _, context in journal.note("\(name) < \(context.jobClass)") } }
            let captured = try ExqCapture.values("enqueued.exq_queue_default.class-").values.sorted()
            try await withWorker(on: probe, handlers + [.noting(journal, as: "Elixir.My.Worker")]) { _ in
                try await probe.enqueue(
                    captured + [job("My::Worker", "ruby"), job("Elixir.My.Worker", "exact")], to: "default")
                try await journal.wait(for: captured.count + 2)
                try await probe.waitUntilDrained()
            }
            // Exactly its own name comes before all others.
            #expect(
                Set(journal.entries) == [
                    "My.Worker < My.Worker", "My::Nested.Worker < My::Nested::Worker",
                    "My.Nested.Deep.Worker < My.Nested.Deep.Worker", "MyWorker < MyWorker/func",
                    "my_erlang_worker < my_erlang_worker", "ruby", "exact",
                ])
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("a job whose fields Exq has dropped goes on by its jid")
    func dropped() async throws {
        let before = try ExqCapture.job("mixed-sidekiq8-before.exq_queue_low.options")
        var after = try ExqCapture.job("mixed-sidekiq8-after.exq_retry.options")
        #expect(before.jid == after.jid && !before.tags.isEmpty && after["tags"] == nil && after["backtrace"] == nil)
        after.set("queue", to: "default")
        try await withProbe { probe in
            // Recoveries are counted under the jid and not in the payload, so that Exq cannot make them be forgotten.
            try await probe.send("SET", "flume:recoveries:\(before.jid ?? "")", "2")
            try await probe.send("SADD", "flume:processes", "gone:1:aa")
            try await probe.send("HSET", "flume:inflight:gone:1:aa", "1:default", after.description)
            try await withWorker(on: probe, [], configuration: .quick(lease: .milliseconds(100))) { _ in
                let dead = try await probe.wait(for: 1, in: "dead")[0]
                #expect(dead.contains("WorkerDiedError"))
            }
        }
        let failed = try await fail([after.description], into: "retry")
        #expect(failed.map(\.retryCount) == [2] && failed[0].failedAt == after.failedAt)
    }

    @Test("a job that Exq's scheduler moved as it was runs, and so does one of Flume's that it moved")
    func moved() async throws {
        try await withProbe { probe in
            let (jobs, journal) = (JobClient(redis: probe.client), Journal())
            let payload = JobPayload(jobClass: "My.Worker", arguments: [1])
            let jid = try await jobs.push(payload, at: Timestamp(microseconds: 4_102_444_800_000_000))
            let ours = try #require(try await probe.members("schedule").first)
            try await probe.send("ZREM", "schedule", ours)
            let theirs = try ExqCapture.values("scheduled-due-moved.exq_queue_default.").values.sorted()
            try await withWorker(on: probe, [.noting(journal, as: "My.Worker")]) { _ in
                try await probe.enqueue(theirs + [ours], to: "default")
                try await journal.wait(for: theirs.count + 1)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries.contains(jid ?? ""))
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("what waits for a time says when it was enqueued, in seconds, if a node of Exq is to be able to run it")
    func enqueuedAt() async throws {
        try await withProbe { probe in
            let due = Timestamp(microseconds: 4_102_444_800_500_000)
            let jobs = JobClient(redis: probe.client).sharingWithExq()
            try await jobs.push([JobPayload(jobClass: "A"), JobPayload(jobClass: "A")], at: due)
            for member in try await probe.members("schedule") {
                #expect(member.contains(#""enqueued_at":4102444800.5"#), "\(member)")
            }
            try await probe.send("DEL", "schedule")
            var configuration = WorkerConfiguration.quick
            configuration.sharesWithExq = true
            let snoozing = Handler.raw("Snooze") { _, context in
                try await context.jobs.push(JobPayload(jobClass: "A"), at: due)
                throw JobDirective.snooze(for: .seconds(1000))
            }
            try await withWorker(on: probe, [snoozing], configuration: configuration) { _ in
                try await probe.enqueue(
                    [
                        job("Snooze", "seconds", #""enqueued_at":1795258155.25"#), job("Snooze", "none"),
                        job("Snooze", "milliseconds", #""enqueued_at":1795258155250"#),
                    ], to: "default")
                _ = try await probe.wait(for: 6, in: "schedule")
                try await probe.waitUntilDrained()
            }
            for member in try await probe.members("schedule") {
                let payload = try JobPayload(parsing: Array(member.utf8))
                #expect(payload.enqueuedAt?.unit == .floatSeconds, "\(member)")
                if payload.jid == "seconds" { #expect(payload.enqueuedAt?.seconds == 1_795_258_155.25) }
            }
        }
    }

    @Test("a job that snoozes says which queue it came from")
    func snoozedQueue() async throws {
        try await withProbe { probe in
            try await withWorker(
                on: probe, [.failing("Snooze", JobDirective.snooze(for: .seconds(1000)))], queue: "own"
            ) { _ in
                try await probe.enqueue(
                    [#"{"class":"Snooze","args":[],"jid":"none"}"#, job("Snooze", "other")], to: "own")
                _ = try await probe.wait(for: 2, in: "schedule")
            }
            let queues = try await probe.members("schedule").map { try JobPayload(parsing: Array($0.utf8)).queue }
            #expect(queues == ["own", "own"])
        }
    }

    @Test("a job that Exq has snoozed runs as if for the first time")
    func snoozed() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("My.SnoozeWorker") { _, context in journal.note("\(context.attempt)") }
            let entry = try ExqCapture.value("snoozed.exq_retry.integer")
            try await probe.send("ZADD", "retry", "1", entry)
            try await withWorker(on: probe, [handler]) { _ in
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["1"])
        }
    }

    /// What became of each captured job, and whether its lock is there after that.
    @Test(
        "the lock of a job of Exq is given back when Exq would",
        arguments: [
            ("unique-enqueued.exq_queue_q.until-default", false, false),
            ("unique-enqueued.exq_queue_q.token", false, false),
            ("unique-enqueued.exq_queue_q.until-start", false, false),
            ("unique-enqueued.exq_queue_q.until-expiry", false, true),
            ("unique-enqueued.exq_queue_q.fractional-unique-for", false, false),
            ("unique-enqueued.exq_schedule.scheduled", false, false),
            ("unique-enqueued.exq_queue_q.fail-until-success", true, true),
            ("unique-enqueued.exq_queue_q.fail-until-start", true, false),
            ("unique-enqueued.exq_queue_q.dies-until-success", true, false),
            ("unique-enqueued.exq_queue_q.dies-until-expiry", true, true),
            ("unique-running.exq_retry.fail-until-success", false, false),
            ("unique-running.exq_retry.fail-until-success", true, true),
            ("snoozed-unreleased.exq_retry.unique-success", false, false),
        ])
    func locks(_ name: String, fails: Bool, isHeldAfterwards: Bool) async throws {
        try await withProbe { probe in
            let captured = try ExqCapture.job(name)
            let token = try #require(captured.uniqueToken)
            try await probe.send("SET", "unique:\(token)", captured.jid ?? "", "PX", "3600000")
            let journal = Journal()
            let handler = Handler.raw(captured.jobClass ?? "") { _, context in
                journal.note(context.jid)
                if fails { throw Boom() }
            }
            try await withWorker(on: probe, [handler]) { _ in
                try await probe.enqueue([captured.description], to: "default")
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.string("unique:\(token)") == (isHeldAfterwards ? captured.jid : nil))
        }
    }

    @Test("a producer learns of the lock that Exq holds, and takes it in Exq's form")
    func sameLocks() async throws {
        try await withProbe { probe in
            let captured = try ExqCapture.job("unique-enqueued.exq_queue_q.token")
            let token = try #require(captured.uniqueToken)
            try await probe.send("SET", "unique:\(token)", captured.jid ?? "", "PX", "3600000")
            let jobs = JobClient(redis: probe.client)
            var ours = JobPayload(jobClass: "My.SleepWorker", arguments: [4000, "token"], queue: "q")
            ours.makeUnique(Uniqueness(for: .seconds(3600), token: token))
            #expect(try await jobs.pushUnique(ours) == .conflict(jid: captured.jid ?? ""))
            try await probe.send("DEL", "unique:\(token)")
            let jid = try #require(try await jobs.pushUnique(ours).jid)
            #expect(try await probe.string("unique:\(token)") == jid)
            let stored = try JobPayload(parsing: Array(try await probe.queue("q")[0].utf8))
            for field in ["unique_for", "unique_until", "unique_token", "args", "class", "queue"] {
                #expect(stored[field] == captured[field], "\(field)")
            }
            let unlocks = try #require(stored.unlocksAt)
            #expect(unlocks.unit == .floatSeconds)
            #expect(abs(unlocks.seconds - (stored.enqueuedAt?.seconds ?? 0) - 3600) < 0.001)
        }
    }
}
