import Flume
import FlumeRedis
@testable import FlumeStore
import FlumeWire
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Limits of each key by itself")
struct KeyedLimitTests {
    private static let tenant: Pipeline.KeyOfJob = { payload in
        guard let name = try payload.arguments().first?.string else { throw Boom("no tenant") }
        return name
    }

    private func jobs(_ tenant: String, _ count: Int, _ jobClass: String = "Time") -> [String] {
        (0..<count).map { job(jobClass, "\(tenant)\($0)", args: "[\"\(tenant)\"]") }
    }

    private func nothingIsParked(_ probe: RedisProbe, _ name: String, _ tenants: [String]) async throws {
        #expect(try await probe.number("EXISTS", "flume:parked-keys:1:p:\(name)") == 0)
        #expect(try await probe.number("EXISTS", "flume:parked-places") == 0)
        for tenant in tenants {
            #expect(try await probe.number("EXISTS", "flume:parked:1:p:\(name.utf8.count):\(name):\(tenant)") == 0)
        }
    }

    @Test("a key at its limit holds up no other; its jobs wait in Redis and start in the order they came")
    func window() async throws {
        try await withProbe { probe in
            let starts = Starts()
            try await probe.enqueue(jobs("a", 12) + jobs("b", 2) + jobs("c", 1), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 3)
                    .rateLimit(4, per: .milliseconds(400), key: "tenant", by: Self.tenant)
            ]
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines) { _ in
                try await starts.wait(for: 7)
                #expect(Set(starts.jids).isSuperset(of: ["b0", "b1", "c0"]))
                #expect(try await probe.number("LLEN", "queue:q") == 0)
                #expect(try await probe.number("LLEN", "flume:parked:1:p:6:tenant:a") > 0)
                try await starts.wait(for: 15)
                try await probe.waitUntilDrained("q")
            }
            let all = starts.jids.filter { $0.hasPrefix("a") }
            for (position, jid) in all.enumerated() { #expect(abs(position - (Int(jid.dropFirst()) ?? 0)) <= 6) }
            #expect(most(in: 400_000 - preemption, starts.times(of: "a")) <= 4)
            try await nothingIsParked(probe, "tenant", ["a", "b", "c"])
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("a key whose job was told to come later backs off, and no other does")
    func backOff() async throws {
        try await withProbe { probe in
            let starts = Starts()
            let handler = Handler.raw("Time") { _, context in
                starts.note(context.jid)
                if context.jid == "a0" { throw RateLimitedError(retryAfter: .seconds(600)) }
                if context.jid == "b0" { throw RateLimitedError() }
            }
            try await probe.enqueue(jobs("a", 1), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 3)
                    .rateLimit(100, per: .seconds(100), key: "tenant", by: Self.tenant).rateLimit(100, per: .seconds(1))
            ]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await eventually("a0 is put off") { try await probe.number("ZCARD", "schedule") == 1 }
                try await probe.enqueue(jobs("a", 3) + jobs("b", 3), to: "q")
                try await starts.wait(for: 4)
                try await eventually("b0 is put off") { try await probe.number("ZCARD", "schedule") == 2 }
                try await eventually("those of a wait") {
                    try await probe.number("LLEN", "flume:parked:1:p:6:tenant:a") == 3
                }
            }
            #expect(Set(starts.jids) == ["a0", "b0", "b1", "b2"])
            let (blocked, half) = ("flume:backoff:6:tenant:a", "flume:backoff:6:tenant:b")
            #expect(try await probe.number("PTTL", blocked) > 500_000, "it is kept until it has come back")
            #expect(try await probe.hash(half)["factor"] == "0.500000")
            #expect(try await probe.hash("flume:limit:tenant")["blocked_until"] == nil)
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("parked jobs do not wait for a time that is far ahead because Redis's clock has gone back")
    func clockBack() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("Time") { _, context in journal.note(context.jid) }
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 3).maxInCluster(1, key: "tenant", by: Self.tenant)
            ]
            // Parked by a worker that has left, for a day from now.
            for payload in jobs("a", 2) {
                try await probe.send("RPUSH", "flume:parked:1:p:12:tenant:slots:a", "1:q" + payload)
            }
            let tomorrow = Int((try await probe.now() + 86_400) * 1e6)
            try await probe.send("ZADD", "flume:parked-keys:1:p:tenant:slots", "\(tomorrow)", "a")
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained("q")
            }
            #expect(journal.entries == ["a0", "a1"])
            try await nothingIsParked(probe, "tenant:slots", ["a"])
        }
    }

    /// Two queues of which one job of a tenant runs at a time; the first waits at the gate.
    private static func oneOfATenant(_ journal: Journal, _ gate: Gate) -> (Handler, [Pipeline]) {
        let handler = Handler.raw("Time") { _, context in
            journal.note(context.jid)
            if context.jid == "a0" { try await gate.pass() }
        }
        let pipeline = Pipeline("p", queues: [.init("q"), .init("r")], concurrency: 3)
            .maxInCluster(1, key: "tenant", by: tenant)
        return (handler, [pipeline])
    }

    @Test(
        "parked jobs of a queue that is paused, for all or for this worker, wait until it is resumed, and no others do",
        arguments: [true, false])
    func paused(isPermanent: Bool) async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let (handler, pipelines) = Self.oneOfATenant(journal, gate)
            try await withWorker(on: probe, [handler], pipelines: pipelines) { running in
                try await probe.enqueue(jobs("a", 3), to: "q")
                try await eventually("two are parked") {
                    try await probe.number("LLEN", "flume:parked:1:p:12:tenant:slots:a") == 2
                }
                try await running.worker.pause(.queue("q"), permanently: isPermanent)
                gate.open()
                for index in 0..<3 {
                    try await probe.enqueue([job("Time", "b\(index)", args: #"["b"]"#)], to: "r")
                    try await journal.wait(for: 2 + index)
                }
                #expect(journal.entries == ["a0", "b0", "b1", "b2"])
                try await running.worker.resume(.queue("q"), permanently: isPermanent)
                try await journal.wait(for: 6)
                try await probe.waitUntilDrained("q")
            }
            #expect(journal.entries.suffix(2) == ["a1", "a2"])
        }
    }

    @Test("parked jobs of a queue that was left go back there, and those of other queues do not wait for them")
    func leftQueue() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let (handler, pipelines) = Self.oneOfATenant(journal, gate)
            try await withWorker(on: probe, [handler], pipelines: pipelines) { running in
                try await probe.enqueue(jobs("a", 3), to: "q")
                let list = "flume:parked:1:p:12:tenant:slots:a"
                try await eventually("two are parked") { try await probe.number("LLEN", list) == 2 }
                try await probe.enqueue([job("Time", "r0", args: #"["a"]"#)], to: "r")
                try await eventually("three are parked") { try await probe.number("LLEN", list) == 3 }
                try await running.worker.unsubscribe(from: "q")
                gate.open()
                try await journal.wait(for: 2)
                try await probe.waitUntilDrained("r")
            }
            #expect(journal.entries == ["a0", "r0"])
            #expect(try await probe.queue("q") == Array(jobs("a", 3).dropFirst()))
            try await nothingIsParked(probe, "tenant:slots", ["a"])
        }
    }

    @Test("the slots of keys that have no job any more are forgotten")
    func forgotten() async throws {
        try await withProbe { probe in
            let tenants = (0..<20).map { "t\($0)" }
            let pipeline = Pipeline("p", queue: "q", concurrency: 5).maxInCluster(1, key: "tenant", by: Self.tenant)
            try await withWorker(
                on: probe, [.noting(Journal(), as: "Time")], pipelines: [pipeline],
                configuration: .quick(lease: .milliseconds(200))
            ) { _ in
                try await probe.enqueue(tenants.map { job("Time", $0, args: #"["\#($0)"]"#) }, to: "q")
                try await probe.waitUntilDrained("q")
                try await eventually("all are forgotten") { try await probe.number("SCARD", "flume:slots") == 0 }
            }
        }
    }

    @Test("no more jobs of a key run at a time than it has slots, in two workers together")
    func slots() async throws {
        try await withProbe { probe in
            let (journal, crowd, others) = (Journal(), Crowd(), Crowd())
            let handler = Handler("Slot") { (context, tenant: String) in
                let crowd = tenant == "a" ? crowd : others
                crowd.enter()
                try await Task.sleep(for: .milliseconds(5))
                crowd.leave()
                journal.note(context.jid)
            }
            try await probe.enqueue(jobs("a", 20, "Slot") + jobs("b", 20, "Slot"), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 5).maxInCluster(7)
                    .maxInCluster(2, key: "tenant", by: Self.tenant)
            ]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                    try await journal.wait(for: 40)
                    try await probe.waitUntilDrained("q")
                }
            }
            #expect(journal.count == 40)
            #expect(crowd.most <= 2 && others.most <= 2)
            try await nothingIsParked(probe, "tenant:slots", ["a", "b"])
            for list in try await probe.set("flume:slots") + ["flume:slots:p:slots"] {
                #expect(try await probe.number("EXISTS", list) == 0)
            }
        }
    }

    @Test("a job whose key cannot be told fails and is retried like any other, and those beside it run")
    func noKey() async throws {
        try await withProbe { probe in
            let starts = Starts()
            try await probe.enqueue([job("Time", "keyless", args: "[7]"), "no job"] + jobs("a", 1), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 3).rateLimit(4, per: .seconds(1), by: Self.tenant)
            ]
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines) { _ in
                let failed = try await probe.wait(for: 1, in: "retry")
                #expect(failed[0].contains("no tenant") && failed[0].contains("keyless"))
                #expect(try await probe.wait(for: 1, in: "dead") == ["no job"])
                try await starts.wait(for: 1)
            }
            #expect(starts.jids == ["a0"])
        }
    }

    @Test("parked jobs outlive the process that parked them, and what they did not use of other limits is not lost")
    func survive() async throws {
        try await withProbe { probe in
            let starts = Starts()
            try await probe.enqueue(jobs("a", 6), to: "q")
            func pipelines(_ count: Int) -> [Pipeline] {
                [
                    Pipeline("p", queue: "q", concurrency: 10).rateLimit(6, per: .seconds(3600))
                        .rateLimit(count, per: .seconds(3600), key: "tenant", by: Self.tenant)
                ]
            }
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines(2)) { _ in
                try await starts.wait(for: 2)
                try await eventually("the others are parked") {
                    try await probe.number("LLEN", "flume:parked:1:p:6:tenant:a") == 4
                }
            }
            try await withWorker(on: probe, [.timing(starts)], pipelines: pipelines(50)) { _ in
                // The key has room by the new numbers; whoever parked them did not know.
                try await probe.send("ZADD", "flume:parked-keys:1:p:tenant", "0", "a")
                try await starts.wait(for: 6)
                try await probe.waitUntilDrained("q")
            }
            #expect(starts.jids.sorted() == (0..<6).map { "a\($0)" })
        }
    }

    @Test("pipelines that share a limit by key take only their own jobs, and share what it lets through")
    func shared() async throws {
        try await withProbe { probe in
            let (starts, first, second) = (Starts(), Journal(), Journal())
            func handler(_ journal: Journal) -> Handler {
                .raw("Time") { _, context in
                    starts.note(context.jid)
                    journal.note("\(context.queue) \(context.jid)")
                }
            }
            // Names that would be one if nothing kept them apart.
            func pipelines(_ name: String, _ queue: String) -> [Pipeline] {
                [
                    Pipeline(name, queue: queue, concurrency: 5)
                        .rateLimit(2, per: .milliseconds(300), key: "b:c", by: Self.tenant)
                ]
            }
            try await probe.enqueue((0..<5).map { job("Time", "x\($0)", args: #"["t"]"#) }, to: "q")
            try await probe.enqueue((0..<5).map { job("Time", "y\($0)", args: #"["t"]"#) }, to: "r")
            try await withWorker(on: probe, [handler(first)], pipelines: pipelines("a", "q")) { _ in
                try await withWorker(on: probe, [handler(second)], pipelines: pipelines("a:b", "r")) { _ in
                    try await starts.wait(for: 10)
                    try await probe.waitUntilDrained("q")
                    try await probe.waitUntilDrained("r")
                }
            }
            #expect(Set(first.entries) == Set((0..<5).map { "q x\($0)" }))
            #expect(Set(second.entries) == Set((0..<5).map { "r y\($0)" }))
            #expect(most(in: 300_000 - preemption, starts.times) <= 2)
            #expect(try await probe.number("EXISTS", "flume:parked-places") == 0)
        }
    }

    @Test(
        "names of places are read as they were written",
        arguments: [("p", "l"), ("1:a", "b:2:c"), ("", ""), ("ü:", "é")])
    func places(pipeline: String, limit: String) {
        let place = ParkingPlace(pipeline: pipeline, limit: limit)
        #expect(ParkingPlace(text: place.text) == place)
        for wrong in ["", "p", "9:p:l", "1", "1:p", "-1:p:l", "x:p:l"] { #expect(ParkingPlace(text: wrong) == nil) }
    }

    @Test("several limits by key hold together, each by a key of its own")
    func several() async throws {
        try await withProbe { probe in
            let (starts, crowd) = (Starts(), Crowd())
            let handler = Handler.raw("Time") { _, context in
                starts.note(context.jid)
                crowd.enter()
                defer { crowd.leave() }
                try await Task.sleep(for: .milliseconds(20))
            }
            // a, b: tenants; x, y: hosts. One at a time for each host, 3 in 400 ms for each tenant.
            func jobs(_ tenant: String, _ host: String, _ count: Int) -> [String] {
                (0..<count).map { job("Time", "\(tenant)\(host)\($0)", args: #"["\#(tenant)","\#(host)"]"#) }
            }
            try await probe.enqueue(jobs("a", "x", 5) + jobs("b", "x", 2) + jobs("a", "[y", 2), to: "q")
            let pipelines = [
                Pipeline("p", queue: "q", concurrency: 9)
                    .rateLimit(3, per: .milliseconds(400), key: "tenant", by: Self.tenant)
                    .maxInCluster(1, key: "host") { try $0.arguments().last?.string }
            ]
            try await withWorker(on: probe, [handler], pipelines: pipelines) { _ in
                try await starts.wait(for: 9)
                try await probe.waitUntilDrained("q")
                try await eventually("nothing waits") {
                    try await probe.number("EXISTS", "flume:parked-keys:1:p:tenant") == 0
                }
            }
            #expect(crowd.most <= 2, "one for each host")
            #expect(most(in: 400_000 - preemption, starts.times(of: "a")) <= 3)
            #expect(starts.jids.filter { $0.hasPrefix("ax") } == (0..<5).map { "ax\($0)" })
            #expect(try await probe.number("HLEN", "flume:slots:10:host:slots:x") == 0)
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test(
        "keys are found again in what is written of them",
        arguments: [["a", "a"], ["a", nil], ["[a", "[a"], [nil, "b"]])
    func jobKeys(keys: [String?]) throws {
        let written = try #require(JobKeys(keys))
        #expect(JobKeys(text: written.text, count: 2) == written)
        // A process with other limits, before or after a deployment.
        #expect(JobKeys(text: written.text, count: 1).keys == [keys.compactMap(\.self).first])
        #expect(JobKeys([nil, nil]) == nil)
    }

    @Test("a limit by key cannot be local, nor have the name of another")
    func validation() throws {
        let pipeline = Pipeline("p", queue: "q", concurrency: 1)
        let wrong = [
            pipeline.rateLimit(0, per: .seconds(1), by: Self.tenant),
            pipeline.limited(by: .local(.slidingWindow(1, per: .seconds(1))), Self.tenant),
            pipeline.rateLimit(2, per: .seconds(9), by: Self.tenant).rateLimit(1, per: .seconds(1), by: Self.tenant),
        ]
        try pipeline.maxInCluster(1, by: Self.tenant).rateLimit(1, per: .seconds(1), by: Self.tenant).validate()
        for pipeline in wrong { #expect(throws: PipelineError.self) { try pipeline.validate() } }
    }
}
