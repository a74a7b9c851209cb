import FlumeRedis
import FlumeStore
import TestSupport
import Testing

@Suite("Settle")
struct SettleTests {
    @Test("one call takes as many settlements as Redis reads in one command, and at least one")
    func callSize() {
        let megabyte = 1 << 20
        #expect(JobStore.callSize(of: Array(repeating: 100, count: 5000)) == JobStore.largestSettlement)
        #expect(JobStore.callSize(of: Array(repeating: 8 * megabyte, count: 100)) == 8)
        #expect(JobStore.callSize(of: [500 * megabyte, 1]) == 1)
        #expect(JobStore.callSize(of: []) == 0)
    }

    @Test("each destination gets its payload in the step in which the job leaves the in-flight record")
    func destinations() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1", "j2", "j3", "j4", "j5", "j6"], of: tenure)
            let before = try await fixture.probe.now()
            let reply = try await fixture.store.settle(
                done: [jobs[0]],
                moved: [
                    Settlement(jobs[1], to: .retry(seconds: 100, payload: bytes("retry"))),
                    Settlement(jobs[2], to: .schedule(seconds: 0.5, payload: bytes("later"))),
                    Settlement(jobs[3], to: .dead(payload: bytes("dead"))),
                    Settlement(jobs[4], to: .front(queue: "f", payload: bytes("front"))),
                    Settlement(jobs[5], to: .back(queue: "b", payload: bytes("back"))),
                ], tenure: tenure)
            let after = try await fixture.probe.now()
            #expect(reply.verdicts == Array(repeating: .arrived, count: 5))
            #expect(reply.doneButAbsent == 0)
            #expect(!reply.tenureIsBuried)
            #expect(try await fixture.record(tenure).isEmpty)
            let retry = try #require(try await fixture.probe.score("retry", "retry"))
            #expect((before + 99.999...after + 100.001).contains(retry))
            let later = try #require(try await fixture.probe.score("schedule", "later"))
            #expect((before + 0.499...after + 0.501).contains(later))
            let dead = try #require(try await fixture.probe.score("dead", "dead"))
            #expect((before - 0.001...after + 0.001).contains(dead))
            #expect(try await fixture.probe.queue("f") == ["front"])
            #expect(try await fixture.probe.queue("b") == ["back"])
            #expect(try await fixture.probe.set("queues") == ["b", "f", "q"])
        }
    }

    @Test("front runs next and back runs last in a queue that has jobs")
    func frontAndBack() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["first", "last"], of: tenure)
            try await fixture.probe.enqueue(["waiting"], to: "q")
            _ = try await fixture.store.settle(
                done: [],
                moved: [
                    Settlement(jobs[0], to: .front(queue: "q", payload: bytes("first"))),
                    Settlement(jobs[1], to: .back(queue: "q", payload: bytes("last"))),
                ], tenure: tenure)
            #expect(try await fixture.probe.queue("q") == ["first", "waiting", "last"])
        }
    }

    @Test("sent twice, the second changes nothing and says the jobs were not there")
    func twice() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1", "j2", "j3"], of: tenure)
            let moved = [
                Settlement(jobs[1], to: .front(queue: "f", payload: bytes("j2"))),
                Settlement(jobs[2], to: recover("j3", to: "f", jid: "x")),
            ]
            _ = try await fixture.store.settle(done: [jobs[0]], moved: moved, tenure: tenure)
            let again = try await fixture.store.settle(done: [jobs[0]], moved: moved, tenure: tenure)
            #expect(again.doneButAbsent == 1)
            #expect(again.verdicts == [.absent, .absent])
            #expect(try await fixture.probe.queue("f") == ["j3", "j2"])
            #expect(try await fixture.probe.string("flume:recoveries:x") == "1")
        }
    }

    @Test("a destination of the wrong type keeps the job in flight, and its neighbours settle")
    func wrongType() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1", "j2", "j3", "j4"], of: tenure)
            try await fixture.probe.send("SET", "retry", "text")
            try await fixture.probe.send("SET", "queue:bad", "text")
            let reply = try await fixture.store.settle(
                done: [jobs[3]],
                moved: [
                    Settlement(jobs[0], to: .retry(seconds: 1, payload: bytes("j1"))),
                    Settlement(jobs[1], to: .dead(payload: bytes("j2"))),
                    Settlement(jobs[2], to: .front(queue: "bad", payload: bytes("j3"))),
                ], tenure: tenure)
            guard reply.verdicts.count == 3, case .refused(let first) = reply.verdicts[0],
                case .refused(let third) = reply.verdicts[2]
            else { return #expect(Bool(false), "\(reply)") }
            #expect(first.contains("WRONGTYPE") && third.contains("WRONGTYPE"))
            #expect(reply.verdicts[1] == .arrived)
            #expect(try await fixture.record(tenure) == ["1:q": "j1", "3:q": "j3"])
            #expect(try await fixture.probe.members("dead") == ["j2"])
        }
    }

    @Test("the dead set keeps exactly its limit, the youngest, and nothing older than its age")
    func trimming() async throws {
        try await withStore(limits: DeadSetLimits(maximumJobs: 3, seconds: 1000)) { fixture in
            let tenure = try await fixture.tenure()
            let now = try await fixture.probe.now()
            try await fixture.probe.send("ZADD", "dead", "\(now - 1001)", "too old", "\(now - 900)", "old enough")
            let jobs = try await fixture.inflight(["j1", "j2", "j3"], of: tenure)
            _ = try await fixture.store.settle(
                done: [], moved: [Settlement(jobs[0], to: .dead(payload: bytes("d1")))], tenure: tenure)
            #expect(try await fixture.probe.members("dead") == ["old enough", "d1"])
            for (job, text) in [(jobs[1], "d2"), (jobs[2], "d3")] {
                _ = try await fixture.store.settle(
                    done: [], moved: [Settlement(job, to: .dead(payload: bytes(text)))], tenure: tenure)
            }
            #expect(try await fixture.probe.members("dead") == ["d1", "d2", "d3"])
        }
    }

    @Test("jobs with the same bytes all arrive where they wait", arguments: [false, true])
    func twins(_ isRetry: Bool) async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["{}", "{}", "{}"], of: tenure)
            let reply = try await fixture.store.settle(
                done: [],
                moved: jobs.map { job in
                    Settlement(
                        job,
                        to: isRetry
                            ? .retry(seconds: 10, payload: bytes("{}")) : .schedule(seconds: 10, payload: bytes("{}")))
                }, tenure: tenure)
            #expect(reply.verdicts == [.arrived, .arrived, .arrived])
            #expect(Set(try await fixture.probe.members(isRetry ? "retry" : "schedule")) == ["{}", "{} ", "{}  "])
        }
    }

    @Test("a dead set that is far too large is trimmed by a thousand at a time, the oldest first")
    func farTooLarge() async throws {
        try await withStore(limits: DeadSetLimits(maximumJobs: 10)) { fixture in
            let tenure = try await fixture.tenure()
            let now = try await fixture.probe.now()
            for page in 0..<4 {
                var command = RedisCommand("ZADD", "dead")
                for index in 0..<1000 {
                    command.append("\(now - 5000 + Double(page * 1000 + index))")
                    command.append("old \(page * 1000 + index)")
                }
                _ = try await fixture.probe.client.send(command)
            }
            let jobs = try await fixture.inflight((0..<6).map { "j\($0)" }, of: tenure)
            for (index, left) in [3001, 2002, 1003, 10, 10, 10].enumerated() {
                _ = try await fixture.store.settle(
                    done: [], moved: [Settlement(jobs[index], to: .dead(payload: bytes("d\(index)")))], tenure: tenure)
                let members = try await fixture.probe.members("dead")
                #expect(members.count == left && members.last == "d\(index)")
            }
        }
    }

    private func recover(_ payload: String, to queue: String, jid: String, delay: Double = 0) -> Destination {
        .recover(
            Recovery(
                queue: queue, payload: bytes(payload), jid: jid, limit: 3, obituary: bytes("died"), delay: delay,
                delayed: bytes("later " + payload)))
    }

    @Test("a recovered job goes to the front of its queue, then to the schedule, then to the dead set as its obituary")
    func recover() async throws {
        try await withStore { fixture in
            var verdicts: [SettleReply.Verdict] = []
            for round in 1...3 {
                let tenure = try await fixture.tenure("host:\(round):abc")
                if round == 1 { try await fixture.probe.enqueue(["job"], to: "q") }
                let job = try #require(try await fixture.fetch(tenure, 1, from: ["q"]).deliveries.first)
                verdicts += try await fixture.store.settle(
                    done: [], moved: [Settlement(job, to: recover("job", to: "q", jid: "j", delay: 0.5))],
                    tenure: tenure
                ).verdicts
                let scheduled = try await fixture.probe.members("schedule")
                #expect(scheduled == (round == 2 ? ["later job"] : []))
                guard round == 2 else { continue }
                try await fixture.probe.send("DEL", "schedule")
                try await fixture.probe.enqueue(["job"], to: "q")
            }
            #expect(verdicts == [.arrived, .arrived, .buried])
            #expect(try await fixture.probe.members("dead") == ["died"])
            #expect(try await fixture.probe.queue("q").isEmpty)
            #expect(try await fixture.probe.number("PTTL", "flume:recoveries:j") > 6 * 86_400_000)
        }
    }

    @Test("a recovery that cannot arrive is not counted against the job")
    func refusedRecovery() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let job = try await fixture.inflight(["job"], of: tenure)[0]
            try await fixture.probe.send("SET", "queue:q", "text")
            let recover = recover("job", to: "q", jid: "j")
            for _ in 0..<4 {
                let reply = try await fixture.store.settle(
                    done: [], moved: [Settlement(job, to: recover)], tenure: tenure)
                guard case .refused = reply.verdicts.first else { return #expect(Bool(false), "\(reply.verdicts)") }
            }
            #expect(try await fixture.record(tenure) == ["1:q": "job"])
            try await fixture.probe.send("DEL", "queue:q")
            let reply = try await fixture.store.settle(
                done: [], moved: [Settlement(job, to: recover)], tenure: tenure)
            #expect(reply.verdicts == [.arrived])
            #expect(try await fixture.probe.string("flume:recoveries:j") == "1")
        }
    }

    @Test("of two suspects with the same bytes none is lost")
    func twins() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["job", "job"], of: tenure)
            try await fixture.probe.send("SET", "flume:recoveries:a", "1")
            try await fixture.probe.send("SET", "flume:recoveries:b", "1")
            let moved = [
                Settlement(jobs[0], to: recover("job", to: "q", jid: "a", delay: 1)),
                Settlement(jobs[1], to: recover("job", to: "q", jid: "b", delay: 2)),
            ]
            let verdicts = try await fixture.store.settle(done: [], moved: moved, tenure: tenure).verdicts
            #expect(verdicts == [.arrived, .arrived])
            #expect(try await fixture.probe.members("schedule") == ["later job"])
            #expect(try await fixture.probe.queue("q") == ["job"])
        }
    }

    @Test("a buried process is told so, and settles only what nobody has recovered yet")
    func buried() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1", "j2"], of: tenure)
            try await fixture.probe.send("DEL", "flume:lease:\(tenure.identity)")
            #expect(try await fixture.store.bury(tenure.identity))
            _ = try await fixture.store.settle(
                done: [], moved: [Settlement(jobs[0], to: .front(queue: "q", payload: bytes("j1")))], tenure: tenure)
            let reply = try await fixture.store.settle(
                done: [jobs[1]], moved: [Settlement(jobs[0], to: .retry(seconds: 1, payload: bytes("j1")))],
                tenure: tenure)
            #expect(reply.tenureIsBuried)
            #expect(reply.verdicts == [.absent])
            #expect(reply.doneButAbsent == 0)
            #expect(try await fixture.probe.members("retry").isEmpty)
            #expect(try await fixture.probe.queue("q") == ["j1"])
        }
    }

    @Test("jobs settle while Redis is out of memory, with or without one that is done among them", arguments: [0, 1])
    func outOfMemory(done: Int) async throws {
        try await withFullServer { fixture, fill in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight(["j1", "j2", "j3"], of: tenure)
            try await fill()
            let reply = try await fixture.store.settle(
                done: Array(jobs[..<done]),
                moved: [
                    Settlement(jobs[1], to: .retry(seconds: 9, payload: bytes("j2"))),
                    Settlement(jobs[2], to: .front(queue: "q", payload: bytes("j3"))),
                ], tenure: tenure)
            #expect(reply.verdicts == [.arrived, .arrived])
            #expect(try await fixture.probe.members("retry") == ["j2"])
            #expect(try await fixture.probe.queue("q") == ["j3"])
        }
    }

    @Test("the largest settlement fits into one call")
    func largest() async throws {
        try await withStore { fixture in
            let tenure = try await fixture.tenure()
            let jobs = try await fixture.inflight((0..<1000).map { "j\($0)" }, of: tenure)
            let half = JobStore.largestSettlement / 2
            let reply = try await fixture.store.settle(
                done: Array(jobs[..<half]),
                moved: jobs[half...].enumerated().map { index, job in
                    Settlement(job, to: .front(queue: "queue-\(index)", payload: job.payload))
                }, tenure: tenure)
            #expect(reply.doneButAbsent == 0)
            #expect(reply.verdicts.allSatisfy { $0 == .arrived })
            #expect(try await fixture.record(tenure).isEmpty)
        }
    }
}
