import Flume
import FlumeRedis
import FlumeStore
import FlumeWire
import Synchronization
import TestSupport
import Testing

@testable import FlumeWorker

/// When handlers were called, in microseconds.
final class Starts: Sendable {
    private let origin = ContinuousClock.now
    private let state = Mutex<[(jid: String, time: Int)]>([])

    var count: Int { state.withLock { $0.count } }
    var jids: [String] { state.withLock { $0.map(\.jid) } }
    var times: [Int] { state.withLock { $0.map(\.time).sorted() } }

    /// Of the jobs whose jid begins so.
    func times(of prefix: String) -> [Int] {
        state.withLock { $0.filter { $0.jid.hasPrefix(prefix) }.map(\.time).sorted() }
    }

    func note(_ jid: String) {
        let time = origin.duration(to: .now).wholeMicroseconds
        state.withLock { $0.append((jid, time)) }
    }

    /// Waits until there are so many.
    func wait(for count: Int) async throws {
        try await eventually("\(count) starts; there are \(self.count)", timeout: .seconds(30)) { self.count >= count }
    }
}

/// How many were in one place at a time.
final class Crowd: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}

extension Handler {
    /// Notes when each job starts.
    static func timing(_ starts: Starts, as jobClass: String = "Time") -> Handler {
        .raw(jobClass) { _, context in starts.note(context.jid) }
    }
}

@Suite("Limits of pipelines")
struct AdmissionTests {
    private func jobs(_ count: Int, _ jobClass: String = "Time") -> [String] {
        (0..<count).map { job(jobClass, "\($0)") }
    }

    @Test("two workers together start no more than the limit in any window, each job once, the oldest first")
    func window() async throws {
        try await withProbe { probe in
            let starts = Starts()
            try await probe.enqueue(jobs(150), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 4).rateLimit(30, per: .milliseconds(300), key: "shared")
            ]
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines) { _ in
                try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines) { _ in
                    try await starts.wait(for: 150)
                    try await probe.waitUntilDrained("q")
                }
            }
            #expect(most(in: 300_000 - preemption, starts.times) <= 30)
            #expect(Set(starts.jids).count == 150 && starts.count == 150)
            // A worker whose thread stands still for a moment has 4 jobs in hand; the other may start a window's worth
            // before them, and no more: the oldest come first.
            for (position, jid) in starts.jids.enumerated() { #expect(abs(position - (Int(jid) ?? 0)) <= 30 + 8) }
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("400 per second delivers nearly 400 per second")
    func delivery() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let starts = Starts()
                try await probe.enqueue(jobs(1600), to: "q")
                let pipelines = [Pipeline("p", queue: "q", concurrency: 20).rateLimit(400, per: .seconds(1))]
                try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines) { _ in
                    try await starts.wait(for: 1600)
                }
                let times = starts.times
                #expect(most(in: 1_000_000 - preemption, times) <= 400)
                // Each start but the first 400 is a second behind the one 400 before it, and as much more as the limit
                // allows for the way from admission to start. The middle one of these distances, as others may take this
                // machine's processors away for a while. 98 % are promised and 98.4 % come on a machine at rest; what the
                // limit itself gives is held to 98 % in LimitSimulationTests, where no machine is in the way.
                let distances = zip(times, times.dropFirst(400)).map { $1 - $0 }.sorted()
                let rate = 400e6 / Double(distances[distances.count / 2])
                print("a limit of 400/s delivered \(rate)/s")
                #expect(rate >= 0.95 * 400)
            }
        }
    }

    @Test("a pipeline at its limit keeps no other from its work")
    func others() async throws {
        try await withProbe { probe in
            let (starts, journal) = (Starts(), Journal())
            try await probe.enqueue(jobs(5), to: "slow")
            try await probe.enqueue((0..<200).map { job("Note", "\($0)") }, to: "quick")
            let pipelines = [
                Pipeline("slow", queue: "slow", concurrency: 5).rateLimit(2, per: .seconds(3600)),
                Pipeline("quick", queue: "quick", concurrency: 5),
            ]
            try await withWorker(on: probe, [.timing(starts), .noting(journal)], pipelines: pipelines) { _ in
                try await journal.wait(for: 200)
                try await starts.wait(for: 2)
            }
            #expect(starts.jids.sorted() == ["0", "1"])
            #expect(try await probe.queue("slow") == ["2", "3", "4"].map { job("Time", $0) })
        }
    }

    @Test("a job that cannot start soon after it was let through is counted when it starts")
    func lateStart() async throws {
        try await Machine.alone {
            try await withProbe { probe in
                let starts = Starts()
                let spinning = Handler.raw("Spin") { _, context in
                    starts.note(context.jid)
                    let end = ContinuousClock.now + .milliseconds(120)
                    while ContinuousClock.now < end {}
                }
                try await probe.enqueue(jobs(24, "Spin"), to: "q")
                // Each handler takes a thread for itself; those behind it start late.
                let pipelines = [Pipeline("p", queue: "q", concurrency: 8).rateLimit(8, per: .milliseconds(400))]
                try await withWorker(on: probe, [spinning], pipelines: pipelines) { _ in
                    try await starts.wait(for: 24)
                }
                #expect(most(in: 400_000 - preemption, starts.times) <= 8)
            }
        }
    }

    @Test("a late job with several limits counts with all of them at one time, however long it waits for one")
    func lateStartOfSeveral() async throws {
        try await withProbe { probe in
            let store = JobStore(redis: probe.client, keys: KeySpace())
            let whole = RateLimit.slidingWindow(1, per: .seconds(2), key: "all")
            let pipeline = Pipeline("p", queue: "q", concurrency: 1).limited(by: whole)
                .rateLimit(5, per: .seconds(2), key: "tenant") { try $0.arguments().first?.string }
            let admission = try #require(
                Admission(
                    pipeline, board: LimitBoard(), store: store, bell: Bell(on: probe.client.eventLoop),
                    configuration: .quick, logger: silent))
            let keyed = try #require(admission.keyed)
            let tenure = Tenure(identity: "host:1:abc", keys: store.keys)
            _ = try await store.hold(tenure, epoch: 1, milliseconds: 60_000)
            try await probe.enqueue([job("Time", "0", args: #"["a"]"#)], to: "q")
            let source = FetchRequest.Source(queue: QueueKey("q", keys: store.keys), quota: 1)
            let fetched = try await store.fetch(
                FetchRequest(epoch: 1, firstSequence: 1, count: 1, sources: [source]), leaseMilliseconds: 60_000,
                tenure: tenure)
            guard case .held(let deliveries, _, _) = fetched, let key = JobKeys(["a"]) else {
                throw TestSupportError("\(fetched)")
            }
            let admitted = try await store.admit(deliveries.map { ($0, key) }, by: keyed.limit).deliveries
            // Another job uses the pipeline's limit up.
            try await Limiter(whole, redis: probe.client).acquire()
            try await admission.readmit(try #require(admitted.first))
            // When what was charged last counts no more, by both meters.
            var last: [[Int]] = []
            for meter in [store.keys.limitMeter("all"), store.keys.limitMeter("tenant", of: "a")] {
                let entry = try #require(try await probe.send("LINDEX", meter, "-1").string)
                last.append(entry.split(separator: ":").compactMap { Int($0) })
            }
            #expect(abs(last[0][0] - last[1][0]) < 100_000)
            // And what was charged for the key before is taken back.
            #expect(last[1][1] == 1)
        }
    }

    @Test("no more jobs run at a time than there are slots, in two workers together, however they end")
    func concurrency() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let crowd = Crowd()
            let handler = Handler.raw("Slot") { _, context in
                crowd.enter()
                try? await Task.sleep(for: .milliseconds(10))
                crowd.leave()
                journal.note(context.jid)
                switch (Int(context.jid) ?? 0) % 4 {
                case 1: throw Boom()
                case 2: throw JobDirective.snooze(for: .seconds(3600))
                case 3: throw JobDirective.kill
                default: break
                }
            }
            try await probe.enqueue(jobs(60, "Slot"), to: "q")
            let pipelines = [Pipeline("p", queue: "q", concurrency: 10).maxInCluster(3, key: "api")]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                    try await journal.wait(for: 60)
                    try await probe.waitUntilDrained("q")
                }
            }
            #expect(crowd.most == 3)
            #expect(journal.count == 60)
            #expect(try await probe.number("EXISTS", "flume:slots:api:slots") == 0)
            #expect(try await probe.number("ZCARD", "schedule") == 15)
        }
    }

    @Test("slots of a process that is gone are found and taken away")
    func orphans() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await probe.send("HSET", "flume:slots:p:slots", "gone:1:aa:7", "", "gone:2:bb:1", "")
            try await probe.enqueue([job("Note", "n")], to: "q")
            let pipelines = [Pipeline("p", queue: "q", concurrency: 2).maxInCluster(2)]
            try await withWorker(
                on: probe, [.noting(journal)], pipelines: pipelines, configuration: .quick(lease: .milliseconds(300))
            ) { _ in
                try await journal.wait(for: 1)
            }
        }
    }

    @Test("a limit of this process alone counts for all pipelines that name it")
    func local() async throws {
        try await withProbe { probe in
            let starts = Starts()
            try await probe.enqueue(jobs(30), to: "a")
            try await probe.enqueue(jobs(30), to: "b")
            let limit = RateLimit.local(.slidingWindow(20, per: .milliseconds(300), key: "here"))
            let pipelines = [
                Pipeline("a", queue: "a", concurrency: 3).limited(by: limit),
                Pipeline("b", queue: "b", concurrency: 3).limited(by: limit),
            ]
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines) { _ in
                try await starts.wait(for: 60)
            }
            #expect(most(in: 300_000 - preemption, starts.times) <= 20)
            #expect(try await probe.set("flume:limits").isEmpty)
        }
    }

    @Test("observers hear of a limit of this process alone, when it holds jobs up and only then, and when it goes on")
    func localEvents() async throws {
        try await withProbe { probe in
            let starts = Starts()
            let told = Journal()
            let configuration = WorkerConfiguration.quick
            let observation = configuration.events.observe { event in
                switch event {
                case .admitted("p", "p", let count): for _ in 0..<count { told.note("admitted") }
                case .limited("p", "p", _): told.note("limited")
                case .backPressure("p", .limit("p")): told.note("waits")
                case .backPressureEnded("p", .limit("p"), _): told.note("goes on")
                default: break
                }
            }
            defer { observation.cancel() }
            try await probe.enqueue(jobs(2), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 5).limited(by: .local(.slidingWindow(2, per: .seconds(1))))
            ]
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines, configuration: configuration) {
                running in
                try await starts.wait(for: 2)
                try await probe.waitUntilDrained("q")
                // The limit is reached, but nobody waits: the next beats of the loop say nothing.
                try await told.wait(for: 2)
                #expect(told.entries == ["admitted", "admitted"])
                try await probe.enqueue([job("Time", "late")], to: "q")
                try await starts.wait(for: 3)
                try await told.wait(for: 6)
            }
            #expect(told.entries == ["admitted", "admitted", "limited", "waits", "admitted", "goes on"])
        }
    }

    @Test("a limit of this process alone backs off too, and a limiter of its key is the same limit")
    func localBackOff() async throws {
        try await withProbe { probe in
            let rule = RateLimit.local(.slidingWindow(100, per: .seconds(5), key: "api-here"))
            let limiter = try Limiter(rule, redis: probe.client)
            let journal = Journal()
            let handler = Handler.raw("Call") { _, context in
                journal.note(context.jid)
                throw RateLimitedError(retryAfter: .seconds(600))
            }
            try await probe.enqueue((0..<3).map { job("Call", "\($0)") }, to: "q")
            let pipelines = [Pipeline("p", queue: "q", concurrency: 1).limited(by: rule)]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                _ = try await probe.wait(for: 1, in: "schedule")
                let usage = try await limiter.usage()
                #expect(usage.available == 0 && usage.wait > .seconds(590))
            }
            #expect(journal.entries == ["0"])
            let other = try Limiter(.local(.slidingWindow(7, per: .seconds(5), key: "api-here")), redis: probe.client)
            #expect(try await limiter.usage().count == 7, "who came last counts")
            #expect(try await other.usage().count == 7)
        }
    }

    @Test("observers are told when a limit is reached, once, and how many it let through")
    func events() async throws {
        try await withProbe { probe in
            let starts = Starts()
            var configuration = WorkerConfiguration.quick
            configuration.events = EventBus()
            let events = configuration.events.events()
            try await probe.enqueue(jobs(12), to: "q")
            let pipelines = [Pipeline("p", queue: "q", concurrency: 5).rateLimit(10, per: .milliseconds(500), key: "k")]
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines, configuration: configuration) {
                _ in
                try await starts.wait(for: 12)
                try await probe.waitUntilDrained("q")
            }
            var (admitted, limited, pressure, ended) = (0, 0, 0, 0)
            for await event in events {
                switch event {
                case .admitted("p", "k", let count): admitted += count
                case .limited("p", "k", let wait):
                    limited += 1
                    #expect(wait > .zero && wait < .milliseconds(600))
                case .backPressure("p", .limit("k")): pressure += 1
                case .backPressureEnded("p", .limit("k"), _): ended += 1
                default: break
                }
                if admitted == 12, ended == 1 { break }
            }
            #expect(limited == 1 && pressure == 1)
        }
    }

    @Test("a limit that cannot work is refused before anything starts, with the pipeline's name")
    func validation() async throws {
        let pipeline = Pipeline("ses", queue: "q", concurrency: 1)
        let wrong: [(Pipeline, String)] = [
            (pipeline.rateLimit(0, per: .seconds(1)), "count"),
            (pipeline.rateLimit(-5, per: .seconds(1)), "count"),
            (pipeline.rateLimit(5, per: .zero), "time"),
            (pipeline.rateLimit(5, per: .seconds(-1)), "time"),
            (pipeline.rateLimit(5, per: .seconds(1_000_000_000_000)), "year"),
            (pipeline.rateLimit(5, per: .seconds(1), key: ""), "empty key"),
            (pipeline.maxInCluster(0), "count"),
            (pipeline.limited(by: .tokenBucket(rate: 1, per: .seconds(1), burst: 0)), "burst"),
            (pipeline.limited(by: .local(.concurrency(1))), "concurrency"),
            (pipeline.rateLimit(1, per: .seconds(1)).rateLimit(9, per: .seconds(60)), "two limits"),
        ]
        for (pipeline, word) in wrong {
            let error = #expect(throws: PipelineError.self) { try pipeline.validate() }
            #expect(error?.pipeline == "ses")
            #expect(error?.problem.contains(word) == true, "\(String(describing: error))")
        }
        try pipeline.rateLimit(1, per: .seconds(1)).maxInCluster(2).limited(
            by: .local(.leakyBucket(1, per: .seconds(1)))
        )
        .validate()
        try await withProbe { probe in
            let worker = Worker(
                redis: probe.client, handlers: HandlerRegistry([]), pipelines: [pipeline.maxInCluster(0)],
                logger: silent)
            await #expect(throws: PipelineError.self) { try await worker.run() }
            let keys = try await probe.number("DBSIZE")
            #expect(keys == 0)
        }
    }
}
