import Flume
import FlumeStore
import FlumeWire
import Testing

@testable import FlumeWorker

/// The rule at a moment that does not move: 2027-01-15 08:00:00 UTC.
private struct RuleFixture {
    static let now = 1_800_000_000
    var rule = FailureRule(clock: WallClock(hostMicroseconds: { Int64(RuleFixture.now) * 1_000_000 }))
    var handler: Handler? = .raw("Fail") { _, _ in }
    var policy = UnknownClassPolicy.retry

    func ruling(
        _ more: String, _ outcome: Outcome = .failed(Boom()), queue: String = "fetched"
    ) throws -> FailureRule.Ruling {
        let payload = try JobPayload(parsing: Array(job("Fail", "j", more).utf8))
        return rule.ruling(on: outcome, payload: payload, queue: queue, handler: handler, unknownClass: policy)
    }
}

extension FailureRule.Ruling {
    fileprivate var place: String {
        switch destination {
        case .done: "done"
        case .retry: "retry"
        case .schedule: "schedule"
        case .dead: "dead"
        case .front(let queue, _): "front \(queue)"
        case .back(let queue, _): "back \(queue)"
        case .recover: "recover"
        }
    }

    fileprivate var seconds: Double? {
        switch destination {
        case .retry(let seconds, _), .schedule(let seconds, _): seconds
        default: nil
        }
    }

    fileprivate func payload() throws -> JobPayload {
        switch destination {
        case .retry(_, let bytes), .schedule(_, let bytes), .dead(let bytes), .back(_, let bytes), .front(_, let bytes):
            try JobPayload(parsing: bytes)
        default: throw Boom("no payload")
        }
    }
}

@Suite("Retry rules (Sidekiq's §4.5)")
struct FailureRuleTests {
    struct Limit: Sendable, CustomTestStringConvertible {
        var fields: String
        var place: String
        var count: Int
        var testDescription: String { "\(fields) → \(place)" }
    }

    @Test(
        "the retry field and the count decide between retry and death",
        arguments: [
            Limit(fields: #""retry":true"#, place: "retry", count: 0),
            Limit(fields: #""retry":true,"retry_count":23,"failed_at":1.5"#, place: "retry", count: 24),
            Limit(fields: #""retry":true,"retry_count":24,"failed_at":1.5"#, place: "dead", count: 25),
            Limit(fields: #""retry":3,"retry_count":1,"failed_at":1.5"#, place: "retry", count: 2),
            Limit(fields: #""retry":3,"retry_count":2,"failed_at":1.5"#, place: "dead", count: 3),
            Limit(fields: #""retry":0"#, place: "dead", count: 0),
            Limit(fields: #""retry":"5","retry_count":10,"failed_at":1.5"#, place: "retry", count: 11),
            Limit(fields: #""retry":3.0,"retry_count":10,"failed_at":1.5"#, place: "retry", count: 11),
            Limit(fields: #""retry":3.0,"retry_count":24,"failed_at":1.5"#, place: "dead", count: 25),
            Limit(fields: #""retry":null"#, place: "retry", count: 0),
            Limit(fields: #""x":1"#, place: "retry", count: 0),
            Limit(fields: #""retry":true,"retry_count":-1,"failed_at":1.5"#, place: "retry", count: 0),
        ])
    func limits(limit: Limit) throws {
        let ruling = try RuleFixture().ruling(limit.fields)
        #expect(ruling.place == limit.place)
        #expect(try ruling.payload().retryCount == limit.count)
        #expect((ruling.death != nil) == (limit.place == "dead"))
    }

    @Test("retry false: neither retried nor kept, death hooks run with the payload as it was")
    func retryFalse() throws {
        let ruling = try RuleFixture().ruling(#""retry":false"#)
        #expect(ruling.place == "done")
        #expect(ruling.death?.payload.rawValue("error_class") == nil)
        #expect(ruling.death?.error is Boom)
    }

    @Test("odd values of retry stay as they are, and an absent one is written from the class's options")
    func keptValues() throws {
        #expect(try RuleFixture().ruling(#""retry":"5""#).payload()["retry"] == "5")
        #expect(
            try RuleFixture().ruling(#""retry":3.0"#).payload().rawValue("retry").map(Array.init) == Array("3.0".utf8))
        #expect(try RuleFixture().ruling(#""x":1"#).payload()["retry"] == true)
        struct Limited: Job {
            static var options: JobOptions { .init(retry: .limit(4)) }
        }
        var fixture = RuleFixture()
        fixture.handler = Handler(for: Limited.self) { _, _ in }
        #expect(try fixture.ruling(#""x":1"#).payload()["retry"] == 4)
    }

    @Test("the process-wide limit counts where retry is true, and only there")
    func maximum() throws {
        var fixture = RuleFixture()
        fixture.rule.maximumRetries = 2
        #expect(try fixture.ruling(#""retry":true,"retry_count":1,"failed_at":1.5"#).place == "dead")
        #expect(try fixture.ruling(#""retry":5,"retry_count":1,"failed_at":1.5"#).place == "retry")
    }

    @Test("a job that was retried by hand after its first failure keeps failed_at and gets retried_at")
    func handRetried() throws {
        let payload = try RuleFixture().ruling(#""retry":true,"retry_count":-1,"failed_at":1700000000.5"#).payload()
        #expect(payload.failedAt?.seconds == 1_700_000_000.5)
        #expect(payload.retriedAt?.seconds == Double(RuleFixture.now))
    }

    @Test(
        "the delay is the count to the fourth and 15 seconds, and a jitter below ten times the count and one",
        arguments: 0..<25)
    func formula(count: Int) throws {
        let before = count == 0 ? "" : #","retry_count":\#(count - 1),"failed_at":1.5"#
        var jitters: Set<Int> = []
        for _ in 0..<60 {
            let seconds = try #require(try RuleFixture().ruling(#""retry":99\#(before)"#).seconds)
            #expect(seconds == seconds.rounded())
            jitters.insert(Int(seconds) - count * count * count * count - 15)
        }
        #expect(jitters.allSatisfy { (0..<10 * (count + 1)).contains($0) })
        #expect(jitters.count > 3)
    }

    @Test("every jitter of its range occurs")
    func jitterRange() throws {
        let jitters = try (0..<1000).map { _ in Int(try RuleFixture().ruling(#""retry":true"#).seconds ?? -1) - 15 }
        #expect(Set(jitters) == Set(0..<10))
    }

    @Test(
        "with retry_for only the time since the first failure counts",
        arguments: [
            (#""retry_for":100,"retry":3,"retry_count":50,"failed_at":1799999900.0"#, "retry"),
            (#""retry_for":99,"retry":true,"retry_count":0,"failed_at":1799999900.0"#, "dead"),
            (#""retry_for":99,"retry":true,"retry_count":0,"failed_at":1799999900000"#, "dead"),
            (#""retry_for":101,"retry":true,"retry_count":90,"failed_at":1799999900000"#, "retry"),
            (#""retry_for":1,"retry":0"#, "retry"),
            (#""retry_for":1,"retry":false"#, "done"),
        ])
    func retryFor(fields: String, place: String) throws {
        #expect(try RuleFixture().ruling(fields).place == place)
    }

    @Test("dead false: not kept when retries are used up, and death hooks run all the same")
    func deadFalse() throws {
        let ruling = try RuleFixture().ruling(#""retry":0,"dead":false"#)
        #expect(ruling.place == "done")
        #expect(ruling.death?.payload["error_class"] == "Boom")
        #expect(try RuleFixture().ruling(#""retry":0,"dead":null"#).place == "dead")
    }

    @Test("the retry goes to retry_queue, else to the queue the job was taken from, whatever the payload says")
    func queue() throws {
        #expect(try RuleFixture().ruling(#""retry":true"#).payload().queue == "fetched")
        #expect(try RuleFixture().ruling(#""retry":true,"retry_queue":"slow""#).payload().queue == "slow")
    }
}

@Suite("Back-off closures and error fields")
struct BackOffTests {
    private func fixture(_ decision: BackOff.Decision) -> RuleFixture {
        var fixture = RuleFixture()
        fixture.handler = fixture.handler?.backOff(BackOff { _, _, _ in decision })
        return fixture
    }

    @Test("a closure's seconds replace the formula's, and the jitter is added")
    func seconds() throws {
        for _ in 0..<30 {
            let seconds = try #require(try fixture(.after(.milliseconds(7500))).ruling(#""retry":true"#).seconds)
            #expect((7.5..<17.5).contains(seconds))
        }
        let formula = try #require(try fixture(.after(.zero)).ruling(#""retry":true"#).seconds)
        #expect((15..<25).contains(formula))
    }

    @Test("kill sends to the dead set before retries are used up; discard keeps nothing; both are deaths")
    func killAndDiscard() throws {
        let killed = try fixture(.kill).ruling(#""retry":true"#)
        #expect(killed.place == "dead" && killed.death != nil)
        let discarded = try fixture(.discard).ruling(#""retry":true"#)
        #expect(discarded.place == "done" && discarded.death != nil)
    }

    @Test("a closure gets the count after this failure, the error, and the payload before it")
    func arguments() throws {
        var fixture = RuleFixture()
        fixture.handler = fixture.handler?.backOff(
            BackOff { count, error, payload in
                #expect(count == 4)
                #expect("\(error)" == "boom")
                #expect(payload.retryCount == 3)
                return .kill
            })
        #expect(try fixture.ruling(#""retry":true,"retry_count":3,"failed_at":1.5"#).place == "dead")
    }

    @Test("a handler's own delay is exact, also when it is none", arguments: [0.0, 0.25, 90])
    func requested(delay: Double) throws {
        let ruling = try RuleFixture().ruling(#""retry":true"#, .retry(after: .seconds(delay)))
        #expect(ruling.seconds == delay)
        #expect(try ruling.payload().retryCount == 0)
        let last = try RuleFixture().ruling(#""retry":0"#, .retry(after: .seconds(delay)))
        #expect(last.place == "dead")
    }

    @Test("a snooze keeps the count, loses enqueued_at, says which queue it came from, and is not a failure")
    func snooze() throws {
        let ruling = try RuleFixture().ruling(#""retry":0,"enqueued_at":1.5,"x":[1.0]"#, .snoozed(.seconds(9)))
        #expect(ruling.place == "schedule" && ruling.seconds == 9)
        let expected = job("Fail", "j", #""retry":0,"x":[1.0]"#)
        #expect(
            try ruling.payload().description
                == expected.replacing(#""queue":"default""#, with: #""queue":"fetched""#))
    }

    @Test("the message has at most 10,000 characters, the class is the error's type")
    func errorFields() throws {
        let long = try RuleFixture().ruling(#""retry":true"#, .failed(Boom(String(repeating: "é", count: 12_000))))
            .payload()
        #expect(long["error_message"]?.string == String(repeating: "é", count: 10_000))
        #expect(long["error_class"] == "Boom")
        #expect(long.failedAt?.seconds == Double(RuleFixture.now))
        #expect(long.retriedAt == nil)
        #expect(long.rawValue("error_backtrace") == nil)
    }

    @Test("time stamps keep the unit of the payload")
    func units() throws {
        let payload = try RuleFixture().ruling(#""retry":true,"created_at":1700000000000"#).payload()
        #expect(payload.rawValue("failed_at").map(Array.init) == Array("1800000000000".utf8))
    }

    @Test(
        "a backtrace is kept as the payload asks, of errors that have one",
        arguments: [("true", ["a", "b", "c"]), ("2", ["a", "b"]), ("false", nil), ("null", nil)])
    func backtrace(setting: String, lines: [String]?) throws {
        struct Traced: BacktraceProviding {
            var backtrace: [String] { ["a", "b", "c"] }
        }
        let payload = try RuleFixture().ruling(#""retry":true,"backtrace":\#(setting)"#, .failed(Traced())).payload()
        #expect(payload["error_backtrace"]?.string.flatMap { BacktraceCoding.decode($0) } == lines)
    }

    @Test("an unknown class is retried, handed over, or dead, as the policy says")
    func unknownClass() throws {
        var fixture = RuleFixture()
        fixture.handler = nil
        let outcome = Outcome.unknownClass(UnknownClassError(jobClass: "Fail"))
        let retried = try fixture.ruling(#""retry":true"#, outcome)
        #expect(retried.place == "retry")
        #expect(try retried.payload()["error_class"] == "UnknownClassError")
        fixture.policy = .dead
        #expect(try fixture.ruling(#""retry":true"#, outcome).place == "dead")
        let handedOver = try fixture.ruling(#""retry":true,"enqueued_at":5.5"#, .handedOver(toQueue: "ruby"))
        #expect(handedOver.place == "back ruby")
        #expect(
            try handedOver.payload().description
                == #"{"class":"Fail","args":[],"jid":"j","queue":"ruby","retry":true,"enqueued_at":1800000000.0,"#
                + #""flume_handovers":1}"#)
    }

    @Test("a job of an unknown class that is not to be retried is kept as dead", arguments: ["retry", "forward"])
    func unknownClassWithoutRetry(policy: String) throws {
        var fixture = RuleFixture()
        fixture.handler = nil
        fixture.policy = policy == "retry" ? .retry : .forward(toQueue: "ruby")
        let outcome = Outcome.unknownClass(UnknownClassError(jobClass: "Fail"))
        #expect(try fixture.ruling(#""retry":false"#, outcome).place == "dead")
        #expect(try fixture.ruling(#""retry":false,"dead":false"#, outcome).place == "done")
    }

    @Test(
        "a job is handed over until its counter says so, and never to the queue it comes from",
        arguments: [
            ("0", "swift", true), ("1", "swift", true), ("2", "swift", false), ("99999999999999999999", "swift", true),
            ("-7", "swift", true), ("null", "swift", true), (#""2""#, "swift", true), ("0", "ruby", false),
        ])
    func handOvers(counter: String, queue: String, isHandedOver: Bool) throws {
        let payload = try JobPayload(parsing: Array(job("X", "j", #""flume_handovers":\#(counter)"#).utf8))
        let outcome = UnknownClassPolicy.forward(toQueue: "ruby", limit: 2).outcome(for: payload, of: "X", from: queue)
        switch outcome {
        case .handedOver(let other): #expect(isHandedOver && other == "ruby")
        case .unknownClass(let error): #expect(!isHandedOver && error.jobClass == "X")
        default: Issue.record("\(outcome)")
        }
    }
}
