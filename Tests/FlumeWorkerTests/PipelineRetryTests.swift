import Flume
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Back-off rules and the retry rule of a pipeline")
struct PipelineRetryTests {
    private let rule = FailureRule(clock: WallClock(hostMicroseconds: { 1_800_000_000_000_000 }))

    /// Where a job goes that failed: `retry`'s delay, or nil when it is dead.
    private func delay(
        _ fields: String, handler: BackOff? = nil, pipeline: RetryRule = RetryRule(), retry: RetrySetting = .default,
        outcome: Outcome = .failed(Boom())
    ) throws -> Double? {
        let payload = try JobPayload(parsing: Array(job("Fail", "j", fields).utf8))
        var code = Handler.raw("Fail") { _, _ in }
        if retry != .default {
            struct Limited: Job {
                static var options: JobOptions { .init(retry: .limit(1)) }
            }
            code = Handler(for: Limited.self) { _, _ in }
        }
        if let handler { code = code.backOff(handler) }
        let ruling = rule.ruling(
            on: outcome, payload: payload, queue: "q", handler: code, unknownClass: .retry, pipeline: pipeline)
        if case .retry(let seconds, _) = ruling.destination { return seconds }
        return nil
    }

    /// The fields of a payload that has failed so often before.
    private func failed(_ times: Int) -> String {
        times == 0 ? #""retry":99"# : #""retry":99,"retry_count":\#(times - 1),"failed_at":1.5"#
    }

    @Test("exponential without jitter is exact: it doubles up to its maximum")
    func doubles() throws {
        let backOff = BackOff.exponential(initial: .milliseconds(500), maximum: .seconds(10), jitter: .none)
        let delays = try (0..<8).map { try delay(failed($0), handler: backOff) }
        #expect(delays == [0.5, 1, 2, 4, 8, 10, 10, 10])
    }

    @Test("without a maximum it goes on doubling, and stays a time that there is (Flume's F21)")
    func unlimited() throws {
        let backOff = BackOff.exponential(initial: .seconds(1), maximum: nil, jitter: .none)
        #expect(try (20..<23).map { try delay(failed($0), handler: backOff) } == [1_048_576, 2_097_152, 4_194_304])
        #expect(BackOff.exponentialSeconds(.seconds(1), nil, 5000) == Double(RetryFormula.greatestDelay))
        #expect(BackOff.exponentialSeconds(.seconds(1), nil, .max) == Double(RetryFormula.greatestDelay))
        #expect(BackOff.exponentialSeconds(.seconds(1), nil, -1) == 1)
        #expect(BackOff.exponentialSeconds(.seconds(-1), .seconds(-1), 3) == 0)
    }

    @Test("full jitter draws from nothing to the whole delay")
    func jitter() throws {
        let backOff = BackOff.exponential(initial: .seconds(4), maximum: .seconds(16), jitter: .full)
        let drawn = try (0..<400).map { _ in try #require(try delay(failed(1), handler: backOff)) }
        #expect(drawn.allSatisfy { (0...8).contains($0) })
        // Each eighth of the range is missed by 400 draws with a chance of 10⁻²³.
        #expect(Set(drawn.map { Int($0) }).isSuperset(of: 0..<8))
    }

    @Test("fixed is exact, at once included", arguments: [(7.5, 7.5), (0, 0), (-1, 0)])
    func fixed(delay seconds: Double, expected: Double) throws {
        let backOff = BackOff.fixed(.seconds(seconds))
        #expect(try (0..<3).map { try delay(failed($0), handler: backOff) } == [expected, expected, expected])
    }

    @Test("a handler's word comes first, then its back-off, then the pipeline's, then Sidekiq's formula")
    func order() throws {
        let pipeline = RetryRule(backOff: .fixed(.seconds(3)))
        let asked = Outcome.retry(after: .seconds(1))
        #expect(try delay(failed(0), handler: .fixed(.seconds(2)), pipeline: pipeline, outcome: asked) == 1)
        #expect(try delay(failed(0), handler: .fixed(.seconds(2)), pipeline: pipeline) == 2)
        #expect(try delay(failed(0), pipeline: pipeline) == 3)
        let formula = try #require(try delay(failed(0)))
        #expect((15..<25).contains(formula))
        // A handler may also insist on the formula.
        let insisted = try #require(try delay(failed(0), handler: .standard, pipeline: pipeline))
        #expect((15..<25).contains(insisted))
    }

    @Test("the pipeline's number of retries counts where neither payload nor class has one")
    func maximum() throws {
        let pipeline = RetryRule(backOff: .fixed(.seconds(3)), maximumRetries: 2)
        let second = #""retry_count":0,"failed_at":1.5"#
        let third = #""retry_count":1,"failed_at":1.5"#
        #expect(try delay(#""retry":true,\#(second)"#, pipeline: pipeline) == 3)
        #expect(try delay(#""retry":true,\#(third)"#, pipeline: pipeline) == nil)
        #expect(try delay(#""retry":5,\#(third)"#, pipeline: pipeline) == 3)
        #expect(try delay(#""retry":1,\#(second)"#, pipeline: pipeline) == nil)
        #expect(try delay(second, pipeline: pipeline) == 3)
        #expect(try delay(second, pipeline: pipeline, retry: .limit(1)) == nil)
        #expect(try delay(#""retry":true"#, pipeline: RetryRule(maximumRetries: 0)) == nil)
    }

    @Test("a worker follows the rule of the pipeline a job was taken by")
    func pipelines() async throws {
        try await withProbe { probe in
            let pipelines = [
                Pipeline("quick", queue: "quick", concurrency: 1)
                    .backOff(.exponential(initial: .zero, maximum: nil, jitter: .none)).maximumRetries(2),
                Pipeline("slow", queue: "slow", concurrency: 1).backOff(.fixed(.seconds(1000))),
                Pipeline("never", queue: "never", concurrency: 1).maximumRetries(0),
            ]
            try await withWorker(on: probe, [.failing()], pipelines: pipelines) { _ in
                for queue in ["quick", "slow", "never"] { try await probe.enqueue([job("Fail", queue)], to: queue) }
                let dead = try await probe.wait(for: 2, in: "dead").map { try JobPayload(parsing: Array($0.utf8)) }
                #expect(dead.first { $0.jid == "quick" }?.retryCount == 2)
                #expect(dead.first { $0.jid == "never" }?.retryCount == 0)
                let waiting = try await probe.wait(for: 1, in: "retry")
                let due = try #require(try await probe.score("retry", waiting[0]))
                let now = try await probe.now()
                #expect((900...1000).contains(due - now))
            }
        }
    }
}
