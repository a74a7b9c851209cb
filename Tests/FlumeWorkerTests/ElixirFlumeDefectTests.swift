import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

// What was found wrong in Flume for Elixir, row by row, and the test that it is not so here. A name without a file is in
// this one or in ElixirFlumeBatchDefectTests.
//
// F1  a delay stored as a time            "a job enqueued for later runs when its delay has passed, and not before";
//                                         EnqueueTests "a delayed job waits in schedule under its time …"
// F2  due jobs moved by every process     "four workers turn 20 due jobs into 20 runs, again and again";
//                                         ScheduleTests "eight promoters at once enqueue each of 300 due jobs …"
// F3  a shared limit that is passed       "a limit shared by four queues of two workers is never passed";
//                                         LimitTests "a limit of 50 shared by four queues … lets exactly 50 through"
// F4  a stale fetch removes unread jobs   FetchTests "a fetch that reaches Redis only after the adoption takes nothing",
//                                         "without a lease, with an older epoch, or after a burial nothing is taken";
//                                         FaultTests "jobs whose fetch got no answer are found and run once"
// F5  a job seen before hides its fetch   "jobs of the same bytes run as often as they are there, under a limit …"
// F6  the same, for ever                  the same test: one of them was in flight in a process that died
// F7  half of what a limit allows         AdmissionTests "400 per second delivers nearly 400 per second"
// F8  jobs that last are run again        LeaseAndRecoveryTests "a job that runs for many leases runs once …";
//                                         "jobs that wait for company longer than any lease run once"
// F9  who loses a race sleeps             "processes that race for a queue all get their job at once";
//                                         SelectionTests "an enqueued job starts at once on an idle worker, again …"
// F10 ends that nobody counts             "however a handler fails, the failure is counted and the job moves on";
//                                         ProcessTests "a job that traps ends in the dead set after three deaths …"
// F11 undecodable jobs cycle              BadInputTests "what is no job goes to the dead set byte for byte …";
//                                         BatchOutcomeTests "what is no job and what does not fit its type end alone …"
// F12 undecodable members stop the poller PollerTests "members that are no jobs go to the dead set byte for byte …"
// F13 a mixed batch run by the first job  "jobs that share a wrapper are batched by the class they wrap";
//                                         BatchTests "a batch is of one class …"
// F14 batches no larger than the demand   BatchTests "the size has nothing to do with the concurrency"
// F15 more fetched than can be held       BatchTests "never more jobs are held than size times concurrency plus one …"
// F16 demand that drifts                  "after uneven batches there is room for exactly as many jobs as at first"
// F17 shutdown kills what runs            ShutdownTests; ProcessTests "TERM lets short jobs finish …"
// F18 acknowledgements in memory          "jobs that end while Redis does not answer are settled once it does, …"
// F19 a failure Redis refused is forgotten the same test; FaultTests "a destination of the wrong type keeps a failed job …"
// F20 error handlers that raise           "however a handler fails …", with errors that are hard to write down;
//                                         OutcomeTests "retry 0 goes to dead … both call the death hooks …"
// F21 back-off without a maximum          PipelineRetryTests "without a maximum it goes on doubling …"
// F22 retry, death and end in three steps SettleTests "each destination gets its payload in the step in which the job
//                                         leaves the in-flight record", "sent twice, the second changes nothing …"
// F23 a dead set without bounds           "the dead set keeps the youngest of those that died";
//                                         SettleTests "the dead set keeps exactly its limit, the youngest …"
// F24 the end of one frees its twin       "of two jobs with the same bytes, one stays in flight when the other ends"
// F25 no retries, delay, jid of a job     EnqueueTests "each option lands in its field …"; FailureRuleTests; queues with
//                                         weights: SelectionTests; Web UI and counts: ObservationTests
// F26 enqueue returns a length            "the jid that enqueue returns is the jid the handler sees"
// F27 queues read from the wrong end      "a queue is read from the end that Sidekiq reads";
//                                         InteropTests, with the real one

@Suite("What was wrong in Flume for Elixir")
struct ElixirFlumeDefectTests {
    private struct Later: Job {
        var number: Int
    }

    /// So many workers, one inside the other.
    private func withWorkers(
        _ count: Int, on probe: RedisProbe, _ handlers: [Handler], concurrency: Int = 5,
        pipelines: ((Int) -> [Pipeline])? = nil, _ body: () async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body() }
        try await withWorker(on: probe, handlers, pipelines: pipelines?(count), concurrency: concurrency) { _ in
            try await withWorkers(
                count - 1, on: probe, handlers, concurrency: concurrency, pipelines: pipelines, body)
        }
    }

    @Test("a job enqueued for later runs when its delay has passed, and not before")
    func delay() async throws {
        try await withProbe { probe in
            let (jobs, journal) = (JobClient(redis: probe.client), Journal())
            let handler = Handler(for: Later.self) { job, _ in journal.note("\(job.number)") }
            try await withWorker(on: probe, [handler]) { _ in
                let start = ContinuousClock.now
                try await jobs.enqueue(Later(number: 1), after: .seconds(3600))
                try await jobs.enqueue(Later(number: 2), after: .milliseconds(400))
                try await journal.wait(for: 1)
                #expect(start.duration(to: .now) >= .milliseconds(400))
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["2"])
            #expect(try await probe.number("ZCARD", "schedule") == 1)
        }
    }

    @Test("four workers turn 20 due jobs into 20 runs, again and again")
    func promotedOnce() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorkers(4, on: probe, [.noting(journal)]) {
                for round in 1...10 {
                    let due = (0..<20).flatMap { ["1", job("Note", "\(round)-\($0)")] }
                    try await probe.send("ZADD", ["schedule"] + due)
                    try await journal.wait(for: 20 * round)
                }
                try await probe.waitUntilDrained()
            }
            #expect(journal.count == 200)
            #expect(Set(journal.entries).count == 200)
        }
    }

    @Test("a limit shared by four queues of two workers is never passed, and each job runs once")
    func sharedLimit() async throws {
        try await withProbe { probe in
            let starts = Starts()
            let queues = ["a", "b", "c", "d"]
            for queue in queues { try await probe.enqueue((0..<40).map { job("Time", "\(queue)\($0)") }, to: queue) }
            try await withWorkers(
                2, on: probe, [.timing(starts)],
                pipelines: { _ in
                    queues.map {
                        Pipeline($0, queue: $0, concurrency: 10)
                            .rateLimit(50, per: .milliseconds(500), key: "shared")
                    }
                }
            ) { try await starts.wait(for: 160) }
            #expect(most(in: 500_000 - preemption, starts.times) <= 50)
            #expect(Set(starts.jids).count == 160 && starts.count == 160)
        }
    }

    @Test("jobs of the same bytes run as often as they are there, under a limit and after a recovery too")
    func sameBytes() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let same = job("Note", "same")
            try await probe.enqueue([String](repeating: same, count: 12), to: "default")
            try await probe.send("SADD", "flume:processes", "gone:1:aa")
            try await probe.send("HSET", "flume:inflight:gone:1:aa", "1:default", same)
            // Much longer than it takes until the dead process's job is run again.
            let pipelines = [Pipeline("p", queue: "default", concurrency: 5).rateLimit(1000, per: .seconds(3600))]
            try await withWorker(
                on: probe, [.noting(journal)], pipelines: pipelines, configuration: .quick(lease: .milliseconds(300))
            ) { _ in
                try await journal.wait(for: 13)
                try await probe.waitUntilDrained()
            }
            #expect(journal.count == 13)
            #expect(try await probe.number("ZCARD", "dead") == 0)
        }
    }

    @Test("of two jobs with the same bytes, one stays in flight when the other ends")
    func twins() async throws {
        try await withProbe { probe in
            let gate = Gate()
            let turns = Mutex(0)
            let twin = job("Twin", "same")
            let handler = Handler.raw("Twin") { _, _ in
                let turn = turns.withLock { turns in
                    turns += 1
                    return turns
                }
                if turn == 2 { try await gate.pass() }
            }
            try await probe.enqueue([twin, twin], to: "default")
            try await withWorker(on: probe, [handler]) { _ in
                try await eventually("one has ended") {
                    let inflight = try await probe.inflight()
                    return turns.withLock { $0 } == 2 && inflight == [twin]
                }
                gate.open()
                try await probe.waitUntilDrained()
            }
            #expect(turns.withLock { $0 } == 2)
        }
    }

    @Test("processes that race for a queue all get their job at once")
    func race() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let (journal, gate) = (Journal(), Gate())
                try await withWorkers(4, on: probe, [.gated(journal, gate)], concurrency: 1) {
                    let start = ContinuousClock.now
                    try await probe.enqueue((0..<4).map { job("Gated", "\($0)") }, to: "default")
                    try await journal.wait(for: 4)
                    #expect(start.duration(to: .now) < .seconds(1))
                    gate.open()
                    try await probe.waitUntilDrained()
                }
            }
        }
    }

    private struct Mute: Error {}

    @Test("however a handler fails, the failure is counted and the job moves on")
    func endings() async throws {
        try await withProbe { probe in
            let gate = Gate()
            let errors: [String: any Error] = [
                "thrown": Boom(), "cancelled": CancellationError(), "mute": Mute(), "empty": Boom(""),
                "huge": Boom(String(repeating: "é\"", count: 1 << 20)), "odd": Boom("\u{0}\n\\\"\u{1f600}\u{2028}"),
            ]
            let handlers = [
                Handler.raw("Throw") { _, context in throw errors[context.jid] ?? Boom() },
                Handler.raw("Child") { _, _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.cancelAll()
                        group.addTask { try Task.checkCancellation() }
                        try await group.waitForAll()
                    }
                },
                Handler.gated(Journal(), gate, as: "Slow").timeout(.milliseconds(20)),
                Handler("Typed") { (_, _: Int) in },
            ]
            let jobs =
                errors.keys.map { job("Throw", $0) } + ["Child", "Slow", "Typed", "Nobody"].map { job($0, $0) }
            try await withWorker(on: probe, handlers) { _ in
                try await probe.enqueue(jobs, to: "default")
                let failed = try await probe.wait(for: jobs.count, in: "retry")
                for text in failed {
                    let payload = try JobPayload(parsing: Array(text.utf8))
                    #expect(payload.retryCount == 0 && payload.failedAt != nil, "\(text.prefix(500))")
                    #expect(payload["error_class"] != nil, "\(text.prefix(500))")
                }
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.string("stat:failed") == "\(jobs.count)")
            #expect(try await probe.string("stat:processed") == "\(jobs.count)")
        }
    }

    @Test("jobs that end while Redis does not answer are settled once it does, none run again and no failure forgotten")
    func silence() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(10) }
            let (journal, ended, gate) = (Journal(), Journal(), Gate())
            let handler = Handler.raw("Gated") { _, context in
                journal.note(context.jid)
                try await gate.pass()
                ended.note(context.jid)
                if context.jid.hasPrefix("f") { throw Boom() }
            }
            let names = (0..<200).flatMap { ["done\($0)", "failed\($0)"] }
            try await probe.enqueue(names.map { job("Gated", $0) }, to: "default")
            try await withWorker(
                on: probe, [handler], concurrency: 400, adjust: { $0.commandTimeout = .milliseconds(200) }
            ) { _ in
                try await journal.wait(for: 400)
                server.suspend()
                gate.open()
                try await ended.wait(for: 400)
                // Longer than the worker waits for an answer: it has to ask again without knowing what became of it.
                try await Task.sleep(for: .milliseconds(400))
                server.resume()
                let failed = try await probe.wait(for: 200, in: "retry")
                #expect(failed.allSatisfy { $0.contains(#""retry_count":0"#) })
                try await probe.waitUntilDrained()
            }
            #expect(journal.count == 400 && Set(journal.entries) == Set(names))
            #expect(try server.execute("ZCARD", "retry") == "200")
            #expect(try server.execute("GET", "stat:processed") == "400")
            await probe.client.close()
        }
    }

    @Test("the dead set keeps the youngest of those that died")
    func deadSet() async throws {
        try await withProbe { probe in
            var configuration = WorkerConfiguration.quick
            configuration.deadSetMaximumJobs = 5
            let jobs = (0..<20).map { job("Fail", "\($0)", #""retry":0"#) }
            try await probe.enqueue(jobs, to: "default")
            try await withWorker(on: probe, [.failing()], concurrency: 1, configuration: configuration) { _ in
                try await probe.waitUntilDrained()
            }
            let dead = try await probe.members("dead").map { try JobPayload(parsing: Array($0.utf8)).jid }
            #expect(dead == ["15", "16", "17", "18", "19"])
        }
    }

    @Test("the jid that enqueue returns is the jid the handler sees")
    func jid() async throws {
        try await withProbe { probe in
            let (jobs, journal) = (JobClient(redis: probe.client), Journal())
            try await withWorker(on: probe, [.noting(journal, as: "Later")]) { _ in
                let one = try #require(try await jobs.enqueue(Later(number: 1)))
                let two = try #require(try await jobs.enqueue(Later(number: 2), after: .milliseconds(20)))
                let bulk = try await jobs.enqueue(contentsOf: [Later(number: 3), Later(number: 4)])
                try await journal.wait(for: 4)
                #expect(Set(journal.entries) == Set([one, two] + bulk.compactMap { $0 }))
            }
        }
    }

    @Test("a queue is read from the end that Sidekiq reads")
    func direction() async throws {
        try await withProbe { probe in
            let (jobs, journal) = (JobClient(redis: probe.client), Journal())
            for name in ["first", "second", "third"] {
                try await jobs.push(JobPayload(jobClass: "Note", jid: name))
            }
            // As Sidekiq's fetch does it.
            let ruby = try await probe.send("BRPOP", "queue:default", "1").array?.last?.string ?? ""
            #expect(try JobPayload(parsing: Array(ruby.utf8)).jid == "first")
            // As Sidekiq's client does it.
            try await probe.send("LPUSH", "queue:default", job("Note", "fourth"))
            try await withWorker(on: probe, [.noting(journal)], concurrency: 1) { _ in try await journal.wait(for: 3) }
            #expect(journal.entries == ["second", "third", "fourth"])
        }
    }
}
