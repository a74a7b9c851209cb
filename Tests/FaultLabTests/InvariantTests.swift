import Testing

@testable import fault_lab

@Suite("The checker sees each kind of damage")
struct InvariantTests {
    /// Three jobs, one of which failed once, another was killed with its worker.
    private var healthy: Story {
        var story = Story()
        for jid in ["a", "b", "c"] { story.enqueue(jid) }
        story.run("a", in: "w1#1", 100...200)
        story.run("b", in: "w1#2", 100...150, .failed)
        story.begin("c", in: "w1#3", 210)
        story.run("b", in: "w2#1", 400...450, attempt: 2)
        story.run("c", in: "w2#2", 3000...3100)
        return story
    }

    private let death = Fault.at(250, .killed)

    private func doneTooOften(_ evidence: Evidence) -> [String?] {
        DuplicateBound().violations(in: evidence).filter { $0.text.contains("done") }.map(\.jid)
    }

    private func names(_ violations: [Violation]) -> Set<String> { Set(violations.map(\.invariant)) }

    @Test("nothing is found where nothing is wrong")
    func health() {
        #expect(InvariantChecker().violations(in: healthy.evidence([death])) == [])
    }

    @Test("an acknowledged job that never ran and is nowhere is lost; one without an answer is not")
    func lost() {
        var story = healthy
        story.enqueue("gone")
        story.enqueue("maybe", isAcknowledged: false)
        story.begin("begun", in: "w1#9", 240)
        let found = InvariantChecker().violations(in: story.evidence([death]))
        #expect(found.filter { $0.invariant == AtLeastOnce.name }.map(\.jid) == ["gone"])
    }

    @Test("an effect that only began is not done")
    func halfDone() {
        var story = Story()
        story.enqueue("a")
        story.begin("a", in: "w1#1", 10)
        #expect(names(InvariantChecker().violations(in: story.evidence([.at(20, .killed)]))) == [AtLeastOnce.name])
    }

    @Test(
        "a job in any one place is kept; in two it is doubled",
        arguments: [RedisSnapshot.Place.queue("q"), .retry, .schedule, .dead, .inflight("h:1:x"), .parked("p")])
    func places(place: RedisSnapshot.Place) {
        var story = Story()
        story.enqueue("a")
        var evidence = story.evidence()
        evidence.redis.jobs = [.stored("a", place)]
        #expect(Conservation().violations(in: evidence) == [])
        #expect(AtLeastOnce().violations(in: evidence) == [])
        evidence.redis.jobs.append(.stored("a", .queue("other")))
        #expect(names(Conservation().violations(in: evidence)) == [Conservation.name])
    }

    @Test("a job that is done and still stored is found, unless a fault took its acknowledgement")
    func doneAndStored() {
        var evidence = healthy.evidence([death])
        evidence.redis.jobs = [.stored("b", .retry)]
        #expect(Conservation().violations(in: evidence).map(\.jid) == ["b"])
        evidence.redis.jobs = [.stored("a", .queue("default"))]
        #expect(Conservation().violations(in: evidence) == [])
    }

    @Test("jobs that nobody enqueued are found, stored or run, and so is what is no job")
    func invented() {
        var story = healthy
        story.run("ghost", in: "w2#7", 500...600)
        var evidence = story.evidence([death])
        evidence.redis.jobs = [
            .stored("spectre", .dead), .init(jid: nil, payload: "rubbish", place: .dead),
            .init(jid: nil, payload: "poison", place: .dead),
        ]
        evidence.foreign = ["poison"]
        let found = Conservation().violations(in: evidence)
        #expect(Set(found.map(\.jid)) == ["ghost", "spectre", nil] && found.count == 3)
    }

    @Test("a second effect without a fault is found; one for each touched run is allowed")
    func duplicates() {
        var story = healthy
        story.run("a", in: "w2#3", 3000...3100)
        #expect(doneTooOften(story.evidence()) == ["a"])
        // Its end may have been on its way to Redis when the worker died.
        #expect(doneTooOften(story.evidence([death])) == [])
        // Two seconds before the death it was not.
        #expect(doneTooOften(story.evidence([.at(2250, .killed)])) == ["a"])
        // A worker that stops in good order acknowledges what it has done.
        #expect(doneTooOften(story.evidence([.at(250, .stopped)])) == ["a"])
        // And the death of another worker explains nothing.
        #expect(doneTooOften(story.evidence([.at(250, .killed, "w3")])) == ["a"])
        story.run("a", in: "w2#4", 4000...4100)
        #expect(doneTooOften(story.evidence([death])) == ["a"])
        #expect(DuplicateBound.count(in: story.evidence([death])) == (2, 1))
    }

    @Test("two runs at the same time are found, unless the first one's worker was asleep")
    func overlap() {
        var story = Story()
        story.enqueue("a")
        story.run("a", in: "w1#1", 100...9000)
        story.run("a", in: "w2#1", 5000...5100, .failed)
        #expect(DuplicateBound().violations(in: story.evidence()).count == 1)
        #expect(DuplicateBound().violations(in: story.evidence([.at(200, .suspended, until: 8000)])) == [])
        // A dead process runs nothing: its job may begin elsewhere from that moment.
        var dead = Story()
        dead.enqueue("a")
        dead.begin("a", in: "w1#1", 100)
        dead.run("a", in: "w2#1", 5000...5100)
        #expect(DuplicateBound().violations(in: dead.evidence([.at(4000, .killed)])) == [])
        #expect(DuplicateBound().violations(in: dead.evidence([.at(5050, .killed)])).count == 1)
        // It may begin a run between the decision to kill it and its death.
        #expect(DuplicateBound().violations(in: dead.evidence([.at(90, .killed, until: 4000)])) == [])
    }

    @Test("recovery counts from the death, or from when somebody was there to notice it")
    func recovery() {
        #expect(Recovery(in: healthy.evidence([death])).jobs == .milliseconds(2600))
        var story = Story()
        for jid in ["a", "b"] { story.enqueue(jid) }
        story.run("b", in: "w2#1", 50...60)
        story.begin("a", in: "w1#1", 100)
        story.run("a", in: "w3#1", 3000...3100)
        #expect(Recovery(in: story.evidence([.at(200, .killed)])).jobs == .milliseconds(2800))
        #expect(Recovery(in: story.evidence()).jobs == nil)
        // One that was there and then died or stopped makes no recovery shorter.
        story.run("b", in: "w3#0", 900...910)
        for end in [Fault.Kind.killed, .stopped] {
            let evidence = story.evidence([.at(200, .killed), .at(800, end, "w2")])
            #expect(Recovery(in: evidence).jobs == .milliseconds(2800))
        }
        // One that was gone by then could notice nothing.
        let evidence = story.evidence([.at(200, .killed), .at(150, .stopped, "w2")])
        #expect(Recovery(in: evidence).jobs == .milliseconds(2100))
    }

    @Test("the way back of the slowest worker counts from healing, or from the fault where it says so")
    func waysBack() {
        var story = Story()
        story.run("a", in: "w1#1", 1900...1910)
        story.run("b", in: "w1#2", 2100...2110)
        story.run("c", in: "w2#1", 2300...2310)
        var evidence = story.evidence()
        evidence.progress = [.init(before: 0..<0, healed: 2_000_000_000, within: 250_000_000, workers: ["w1", "w2"])]
        #expect(Recovery(in: evidence).workers == .milliseconds(300))
        #expect(Progress().violations(in: evidence).count == 1)
        evidence.progress[0].within = 350_000_000
        #expect(Progress().violations(in: evidence) == [])
        evidence.progress[0].since = 1_000_000_000
        #expect(Recovery(in: evidence).workers == .milliseconds(1300))
        #expect(Progress().violations(in: evidence).count == 2)
    }

    @Test("what belongs to a dead process is found: record, registration, lease, slot, lock")
    func orphans() {
        var evidence = Evidence(ledger: Ledger(), redis: RedisSnapshot(), living: [7])
        evidence.redis.inflightCounts = ["h:7:x": 1, "h:8:x": 2]
        evidence.redis.inflightFields = ["h:7:x:1"]
        evidence.redis.registered = ["h:7:x", "h:9:x"]
        evidence.redis.leasesWithoutEnd = ["h:7:x", "h:10:x"]
        evidence.redis.slots = ["h:7:x:1", "h:7:x:2"]
        evidence.redis.locks = ["t": "gone"]
        let found = NoOrphan().violations(in: evidence).map(\.text)
        #expect(found.count == 5)
        for part in ["h:8:x", "h:9:x", "h:10:x", "h:7:x:2", "lock t"] {
            #expect(found.contains { $0.contains(part) }, "\(part)")
        }
    }

    @Test("counters that are negative, too small or too large are found")
    func counters() {
        var evidence = healthy.evidence([death])
        // The killed worker had finished two runs, and may have written them or not.
        for (processed, isRight) in [(4, true), (2, true), (1, false), (5, false), (-1, false)] {
            evidence.redis.processed = processed
            #expect(Counters().violations(in: evidence).isEmpty == isRight, "\(processed)")
        }
        evidence.redis.processed = 4
        evidence.judgesMetrics = true
        for (counted, isRight) in [(4, true), (2, true), (1, false), (5, false)] {
            evidence.redis.metricsProcessed = counted
            #expect(Counters().violations(in: evidence).isEmpty == isRight, "\(counted) by class")
        }
        evidence.redis.metricsProcessed = 4
        for (failed, isRight) in [(1, true), (0, true), (2, false), (-1, false)] {
            evidence.redis.failed = failed
            #expect(Counters().violations(in: evidence).isEmpty == isRight, "\(failed)")
        }
    }

    @Test("throughput that does not come back is found")
    func progress() {
        func evidence(afterwards gap: UInt64, workers: Set<String> = []) -> Evidence {
            var story = Story()
            for index in UInt64(0)..<100 { story.run("j\(index)", in: "w1#\(index)", (index * 10)...(index * 10 + 5)) }
            for index in UInt64(0)..<100 {
                story.run("k\(index)", in: "w1#2\(index)", (3000 + index * gap)...(3005 + index * gap))
            }
            var evidence = story.evidence()
            evidence.progress = [
                .init(before: 0..<1_000_000_000, healed: 2_000_000_000, within: 3_000_000_000, workers: workers)
            ]
            return evidence
        }
        #expect(Progress().violations(in: evidence(afterwards: 10)) == [])
        #expect(Progress().violations(in: evidence(afterwards: 11)) == [])
        #expect(Progress().violations(in: evidence(afterwards: 12)).count == 1)
        // One worker for two is not enough, however fast it is.
        #expect(Progress().violations(in: evidence(afterwards: 10, workers: ["w1"])) == [])
        let found = Progress().violations(in: evidence(afterwards: 10, workers: ["w1", "w2"]))
        #expect(found.count == 1 && found.allSatisfy { $0.text.contains("w2") })
    }

    @Test("a neighbour that stands still while others are hurt is found, also at the beginning and at the end")
    func neighbours() {
        var story = Story()
        for (index, time) in [UInt64(100), 500, 1400, 1900].enumerated() {
            story.run("j\(index)", in: "w1#\(index)", (time - 10)...time)
        }
        func isFound(_ span: Range<UInt64>, _ pause: UInt64, _ nonce: String = "w1") -> Bool {
            var evidence = story.evidence()
            evidence.neighbours = [
                .init(
                    nonce: nonce, span: (span.lowerBound * 1_000_000)..<(span.upperBound * 1_000_000),
                    pause: pause * 1_000_000)
            ]
            return !Progress().violations(in: evidence).isEmpty
        }
        #expect(!isFound(0..<2000, 900))
        #expect(isFound(0..<2000, 899))
        #expect(isFound(0..<3000, 900))
        #expect(isFound(600..<1200, 599))
        #expect(isFound(0..<2000, 900, "w2"))
    }

    @Test("an outage excuses what was under way or not acknowledged when it came, and nothing that began after it")
    func outage() {
        func twice(began: UInt64, ended: UInt64) -> [String?] {
            var story = Story()
            story.enqueue("a")
            story.run("a", in: "w1#1", began...ended)
            story.run("a", in: "w2#1", 20_000...20_010)
            return doneTooOften(story.evidence([.at(5000, .cutOff, nil, until: 6000)]))
        }
        #expect(twice(began: 4000, ended: 9000) == [])
        #expect(twice(began: 4900, ended: 4950) == [])
        // From what had been fetched before.
        #expect(twice(began: 5900, ended: 5910) == [])
        #expect(twice(began: 3000, ended: 3900) == ["a"])
        #expect(twice(began: 6050, ended: 6060) == [])
        #expect(twice(began: 7000, ended: 7010) == ["a"])
        #expect(twice(began: 10_000, ended: 10_010) == ["a"])
    }

    @Test("that nobody lost its lease leaves no reason to do anything twice, whatever else happened")
    func keptLeases() {
        var story = Story()
        story.enqueue("a")
        story.run("a", in: "w1#1", 100...200)
        story.run("a", in: "w1#2", 300...400)
        var evidence = story.evidence([.at(150, .cutOff, nil, until: 350)])
        #expect(DuplicateBound().violations(in: evidence) == [])
        evidence.keepsLeases = true
        #expect(doneTooOften(evidence) == ["a"])
        evidence.keepsLeases = false
        evidence.faults[0].keepsLeases = true
        #expect(doneTooOften(evidence) == ["a"])
        // Another fault may explain it.
        evidence.faults.append(.at(210, .killed))
        #expect(doneTooOften(evidence) == [])
    }

    @Test("a field that came back in other bytes is found, run or stored; those a worker owns may change")
    func bytes() {
        var story = healthy
        story.enqueue("d")
        story.enqueue("e")
        story.run("d", in: "w2#8", 500...501, payload: Story.payload("d").replacing("1.50", with: "1.5"))
        var evidence = story.evidence([death])
        evidence.redis.jobs = [.stored("e", .retry, #","retry_count":0,"failed_at":1.5"#)]
        #expect(Bytes().violations(in: evidence).map(\.jid) == ["d"])
        evidence.redis.jobs[0].payload.replace("1.50", with: "1.500")
        #expect(Bytes().violations(in: evidence).map(\.jid) == ["d", "e"])
    }

    @Test("a failure that is none of the job's own is found, run or stored")
    func noise() {
        var story = healthy
        story.enqueue("d")
        story.run("d", in: "w2#8", 500...501, attempt: 2)
        story.enqueue("e")
        var evidence = story.evidence([death])
        evidence.redis.jobs = [.stored("e", .retry, #","retry_count":0"#), .stored("b", .dead, #","retry_count":0"#)]
        #expect(Noise().violations(in: evidence).map(\.jid) == ["d", "e"])
        evidence.mayFailUnrun = ["e"]
        #expect(Noise().violations(in: evidence).map(\.jid) == ["d"])
    }
}
