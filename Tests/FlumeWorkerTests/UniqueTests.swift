import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

/// When a worker gives back the lock of a unique job; the table is at `Destination.lock(of:)`.
@Suite("Unique jobs in a worker")
struct UniqueTests {
    private func unique(_ jobClass: String, _ until: UniqueUntil, _ retry: String = "25") -> String {
        job(
            jobClass, "j",
            #""retry":\#(retry),"unique_for":3600,"unique_until":"\#(until.rawValue)","unique_token":"t""#)
    }

    /// Enqueues a job whose lock is held, waits for the end of it, and tells who holds the lock then.
    private func holder(
        _ handler: Handler, until: UniqueUntil, retry: String = "25", of set: String? = nil,
        pipelines: [Pipeline]? = nil, heldBy holder: String = "j"
    ) async throws -> String? {
        try await withProbe { probe in
            try await probe.send("SET", "unique:t", holder, "PX", "3600000")
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await probe.enqueue([unique(handler.jobClass, until, retry)], to: "default")
                if let set { _ = try await probe.wait(for: 1, in: set) }
                try await probe.waitUntilDrained()
            }
            return try await probe.string("unique:t")
        }
    }

    private let ok = Handler.raw("Job") { _, _ in }

    @Test("a job that is done gives its lock back, unless it is to last", arguments: UniqueUntil.allCases)
    func done(_ until: UniqueUntil) async throws {
        #expect(try await holder(ok, until: until) == (until == .expiry ? "j" : nil))
    }

    @Test("so does a job of a batch", arguments: UniqueUntil.allCases)
    func batch(_ until: UniqueUntil) async throws {
        let handler = Handler.batching(Journal(), as: "Job")
        let pipelines = Pipeline.batches(of: 2, after: .milliseconds(1))
        #expect(try await holder(handler, until: until, pipelines: pipelines) == (until == .expiry ? "j" : nil))
    }

    @Test("a job that fails keeps it until success", arguments: UniqueUntil.allCases)
    func failed(_ until: UniqueUntil) async throws {
        #expect(
            try await holder(.failing("Job"), until: until, of: "retry") == (until == .start ? nil : "j"))
    }

    @Test("a job that dies gives it back", arguments: UniqueUntil.allCases)
    func dead(_ until: UniqueUntil) async throws {
        #expect(
            try await holder(.failing("Job"), until: until, retry: "0", of: "dead") == (until == .expiry ? "j" : nil))
    }

    @Test("so does a job that fails and may not be retried, and one that is killed or discarded")
    func otherEnds() async throws {
        #expect(try await holder(.failing("Job"), until: .success, retry: "false") == nil)
        #expect(try await holder(.failing("Job", JobDirective.kill), until: .success, of: "dead") == nil)
        #expect(try await holder(.failing("Job", JobDirective.discard), until: .success) == nil)
    }

    @Test("a job that snoozes keeps it until success", arguments: UniqueUntil.allCases)
    func snoozed(_ until: UniqueUntil) async throws {
        let handler = Handler.failing("Job", JobDirective.snooze(for: .seconds(1000)))
        #expect(try await holder(handler, until: until, of: "schedule") == (until == .start ? nil : "j"))
    }

    @Test("a job that is cancelled while it runs gives it back", arguments: UniqueUntil.allCases)
    func cancelled(_ until: UniqueUntil) async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            try await probe.send("SET", "unique:t", "j", "PX", "3600000")
            try await withWorker(on: probe, [.gated(journal, gate, as: "Job")]) { running in
                try await probe.enqueue([unique("Job", until)], to: "default")
                try await journal.wait(for: 1)
                try await running.worker.cancel(jid: "j")
                _ = try await probe.wait(for: 1, in: "dead")
            }
            #expect(try await probe.string("unique:t") == (until == .expiry ? "j" : nil))
        }
    }

    @Test("a job that is replaced by its next attempt hands it on", arguments: UniqueUntil.allCases)
    func replaced(_ until: UniqueUntil) async throws {
        let handler = Handler.raw("Job") { payload, context in
            var next = payload
            next.set("jid", to: .string("k"))
            let prepared = try #require(try await context.jobs.prepare(next, after: .seconds(1000)))
            throw JobDirective.replace(with: prepared, after: .seconds(1000), reason: "again")
        }
        let expected: [UniqueUntil: String] = [.success: "k", .expiry: "j"]
        #expect(try await holder(handler, until: until, of: "schedule") == expected[until])
    }

    @Test("a lock that another took when its time was up stays that one's", arguments: UniqueUntil.allCases)
    func others(_ until: UniqueUntil) async throws {
        #expect(try await holder(ok, until: until, heldBy: "another") == "another")
        #expect(try await holder(.failing("Job"), until: until, retry: "0", of: "dead", heldBy: "another") == "another")
        let next = try JobPayload(parsing: Array(unique("Job", until).utf8))
        let replaced = Handler.failing("Job", JobDirective.replace(with: next, after: .seconds(1000), reason: "again"))
        #expect(try await holder(replaced, until: until, of: "schedule", heldBy: "another") == "another")
    }

    @Test("a job that keeps its lock until its start may enqueue the same again, alone and in a batch")
    func start() async throws {
        let once = Uniqueness(for: .seconds(3600), until: .start, token: "t")
        let next = JobPayload(jobClass: "Other", queue: "other")
        for isBatch in [false, true] {
            try await withProbe { probe in
                let results = Mutex<[BulkResult]>([])
                let alone = Handler.raw("Job") { _, context in
                    let result = try await context.jobs.pushUnique(next, as: once)
                    results.withLock { $0.append(result) }
                }
                let together = Handler.batch("Job") { batch in
                    let result = try await batch.contexts[0].jobs.pushUnique(next, as: once)
                    results.withLock { $0.append(result) }
                }
                try await probe.send("SET", "unique:t", "j")
                try await withWorker(
                    on: probe, [isBatch ? together : alone],
                    pipelines: isBatch ? Pipeline.batches(of: 1) : nil
                ) { _ in
                    try await probe.enqueue([unique("Job", .start)], to: "default")
                    try await probe.waitUntilDrained()
                }
                let jid = try #require(results.withLock { $0 }.first?.jid)
                #expect(try await probe.string("unique:t") == jid)
            }
        }
    }

    @Test("while a job runs that keeps its lock until success, the same cannot be enqueued; afterwards it can")
    func running() async throws {
        try await withProbe { probe in
            let (journal, gate, jobs) = (Journal(), Gate(), JobClient(redis: probe.client))
            let payload = JobPayload(jobClass: "Gated", arguments: [1])
            let once = Uniqueness(for: .seconds(3600))
            try await withWorker(on: probe, [.gated(journal, gate)]) { _ in
                let jid = try #require(try await jobs.pushUnique(payload, as: once).jid)
                try await journal.wait(for: 1)
                #expect(try await jobs.pushUnique(payload, as: once) == .conflict(jid: jid))
                gate.open()
                try await probe.waitUntilDrained()
                #expect(try await jobs.pushUnique(payload, as: once).jid != nil)
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.send("KEYS", "unique:*").array?.isEmpty == true)
        }
    }

    @Test("a job keeps it that is put back at a shutdown, or handed to another queue for want of a handler")
    func keeps() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            var configuration = WorkerConfiguration.quick
            configuration.shutdownTimeout = .zero
            configuration.unknownClass = .forward(toQueue: "ruby")
            try await probe.send("SET", "unique:t", "j")
            try await withWorker(on: probe, [.gated(journal, gate, as: "Job")], configuration: configuration) { _ in
                try await probe.enqueue([unique("Job", .success), unique("Nobody", .success)], to: "default")
                try await journal.wait(for: 1)
                try await eventually("it is handed on") { try await probe.queue("ruby").count == 1 }
            }
            #expect(try await probe.queue("default").count == 1)
            #expect(try await probe.string("unique:t") == "j")
        }
    }

    @Test("a job whose process was killed too often dies and gives it back")
    func poison() async throws {
        try await withProbe { probe in
            try await probe.send("MSET", "unique:t", "j", "flume:recoveries:j", "2")
            try await probe.send("SADD", "flume:processes", "gone:1:aa")
            try await probe.send("HSET", "flume:inflight:gone:1:aa", "1:default", unique("Job", .success))
            try await withWorker(on: probe, [ok], configuration: .quick(lease: .milliseconds(100))) { _ in
                _ = try await probe.wait(for: 1, in: "dead")
            }
            #expect(try await probe.string("unique:t") == nil)
        }
    }

    @Test("a thousand unique jobs leave no lock behind, whatever became of them")
    func many() async throws {
        try await withProbe { probe in
            let count = 1000
            let ends = Handler.raw("Ends") { payload, _ in
                switch try payload.arguments().first?.int ?? 0 {
                case let number where number % 4 == 1: throw Boom()
                case let number where number % 4 == 2: throw JobDirective.discard
                case let number where number % 4 == 3: throw JobDirective.kill
                default: break
                }
            }
            let items = (0..<count).map { number in
                var payload = JobPayload(jobClass: "Ends", arguments: [.int(number)], retry: .limit(0))
                payload.makeUnique(Uniqueness(for: .seconds(3600)))
                return BulkItem.payload(payload)
            }
            try await withWorker(on: probe, [ends], concurrency: 50) { _ in
                let results = try await JobClient(redis: probe.client).enqueueAll(items + items)
                #expect(results.count { $0.jid != nil } == count)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "dead") == count / 2)
            #expect(try await probe.send("KEYS", "unique:*").array?.isEmpty == true)
        }
    }
}
