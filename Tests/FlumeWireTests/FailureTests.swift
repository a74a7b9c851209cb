import FlumeWire
import TestSupport
import Testing

@Suite("failures")
struct FailureTests {
    @Test("the waits are those of Sidekiq's table")
    func table() {
        let expected = [
            15, 16, 31, 96, 271, 640, 1311, 2416, 4111, 6576, 10015, 14656, 20751, 28576, 38431, 50640, 65551, 83536,
            104991,
            130336, 160015, 194496, 234271, 279856, 331791,
        ]
        #expect((0..<25).map { RetryFormula.delay($0) } == expected)
        #expect(expected.reduce(0, +) == 1_763_395)
    }

    @Test(
        "absurd counts neither trap nor wait for ever",
        arguments: [Int.min, -1, 55108, 1_000_000_000_000_000_000, Int.max])
    func absurdCounts(count: Int) {
        var generator = SeededGenerator(seed: 1)
        #expect((15...RetryFormula.greatestDelay).contains(RetryFormula.delay(count)))
        #expect((0..<10_000).contains(RetryFormula.jitter(count, using: &generator)))
    }

    @Test("the wait never falls as the count rises")
    func monotonic() {
        #expect((0..<1000).allSatisfy { RetryFormula.delay($0) <= RetryFormula.delay($0 + 1) })
    }

    @Test("the jitter reaches both ends of 0 … 10(n+1) − 1 and nothing beyond", arguments: [0, 1, 24])
    func jitter(count: Int) {
        var generator = SeededGenerator(seed: 7)
        let drawn = Set((0..<20_000).map { _ in RetryFormula.jitter(count, using: &generator) })
        #expect(drawn == Set(0..<10 * (count + 1)))
    }

    @Test("a message is cut to 10,000 characters and made valid UTF-8")
    func message() throws {
        #expect(ErrorMessage.trimmed("boom") == "boom")
        #expect(ErrorMessage.trimmed(String(repeating: "é", count: 20_000)) == String(repeating: "é", count: 10_000))
        #expect(ErrorMessage.trimmed([0x61, 0xFF, 0x62] as [UInt8]) == "a\u{FFFD}b")
        // Characters as Ruby counts them: a flag is two.
        #expect(ErrorMessage.trimmed(String(repeating: "🇩🇪", count: 6000)).unicodeScalars.count == 10_000)
    }

    @Test("a first and second failure write the bytes Sidekiq wrote", arguments: Fixture.sidekiqs)
    func asSidekiq(version: String) throws {
        let file = "sidekiq-\(version)"
        for label in ["FailJob", "FailBinJob", "FailLongJob", "wrong-arity", "missing-class"] {
            let first = try JobPayload(parsing: Fixture.job(file, "fail1.retry.\(label)"))
            let second = try JobPayload(parsing: Fixture.job(file, "fail2.retry.\(label)"))

            // Back to the state before the first failure.
            var fresh = first
            for field in ["error_message", "error_class", "failed_at", "retry_count"] { fresh.remove(field) }
            #expect(failure(like: first, at: first.failedAt).applied(to: fresh) == rounded(first), "\(label)")

            var again = first
            try again.set("enqueued_at", toJSON: #require(second.rawValue("enqueued_at")))
            #expect(failure(like: second, at: second.retriedAt).applied(to: again) == rounded(second), "\(label)")
        }
    }

    /// The failure that another worker stored.
    private func failure(like payload: JobPayload, at time: Timestamp?) -> FailureFields {
        FailureFields(
            message: payload["error_message"]?.string ?? "", errorClass: payload["error_class"]?.string ?? "",
            failedAt: time ?? Timestamp(microseconds: 0), fetchedFrom: payload.queue ?? "")
    }

    /// Ruby writes up to seven digits, this six: take the captured time to microseconds.
    private func rounded(_ payload: JobPayload) -> JobPayload {
        var payload = payload
        for (field, time) in [("failed_at", payload.failedAt), ("retried_at", payload.retriedAt)] {
            guard let time, field == (payload.retriedAt == nil ? "failed_at" : "retried_at") else { continue }
            payload.set(field, to: time, unit: time.unit)
        }
        return payload
    }

    private func fail(_ text: String, unit: Timestamp.Unit = .floatSeconds) throws -> String {
        let payload = try JobPayload(parsing: Array(text.utf8))
        let failure = FailureFields(
            message: "m", errorClass: "E", backtrace: ["a"], failedAt: Timestamp(microseconds: 9_000_000),
            fetchedFrom: "q",
            unit: unit)
        return failure.applied(to: payload).description
    }

    @Test("a retry goes to retry_queue, else to the queue it was fetched from")
    func queue() throws {
        #expect(
            try fail(#"{"class":"A","queue":"other"}"#)
                == #"{"class":"A","queue":"q","error_message":"m","error_class":"E","failed_at":9.0,"retry_count":0}"#)
        #expect(
            try fail(#"{"class":"A","retry_queue":"low"}"#)
                == #"{"class":"A","retry_queue":"low","queue":"low","error_message":"m","error_class":"E","failed_at":9.0,"retry_count":0}"#
        )
    }

    @Test("counting starts at 0, goes up from there and from −1, and stops at the end of the integers")
    func counting() throws {
        func count(_ fields: String) throws -> String {
            let payload = try JobPayload(parsing: Array(fail("{\"class\":\"A\"\(fields)}").utf8))
            let retried = payload.retriedAt.map { "\($0.wholeSeconds)" } ?? "nil"
            return "\(payload.retryCount ?? -9) \(payload.failedAt?.wholeSeconds ?? -9) \(retried)"
        }
        #expect(try count("") == "0 9 nil")
        #expect(try count(#","retry_count":null,"failed_at":null"#) == "0 9 nil")
        #expect(try count(#","retry_count":0,"failed_at":5.5"#) == "1 5 9")
        #expect(try count(#","retry_count":24,"failed_at":5.5"#) == "25 5 9")
        #expect(try count(#","retry_count":-1,"failed_at":5.5"#) == "0 5 9")
        // exq_scheduler's fresh jobs: this is their first failure.
        #expect(try count(#","retry_count":0"#) == "0 9 nil")
        // A count without a time, which the Web UI cannot show: both times are set.
        #expect(try count(#","retry_count":3"#) == "4 9 9")
        #expect(try count(#","retry_count":99999999999999999999,"failed_at":5.5"#) == "\(Int.max) 5 9")
    }

    @Test("the unit of the payload is kept, else the setting's used")
    func unit() throws {
        #expect(try fail(#"{"class":"A","created_at":1795253416190}"#).contains(#""failed_at":9000,"#))
        #expect(try fail(#"{"class":"A"}"#, unit: .milliseconds).contains(#""failed_at":9000,"#))
        #expect(
            try fail(#"{"class":"A","created_at":1795253416.5}"#, unit: .milliseconds).contains(#""failed_at":9.0,"#))
    }

    @Test("a payload without retry gets what the class says, as in Ruby")
    func classRetry() throws {
        let payload = JobPayload(jobClass: "A", retry: .absent)
        let failure = FailureFields(
            message: "m", errorClass: "E", failedAt: Timestamp(microseconds: 0), fetchedFrom: "q", classRetry: .limit(3)
        )
        #expect(failure.applied(to: payload).retry == .limit(3))
        #expect(failure.applied(to: JobPayload(jobClass: "A", retry: .none)).retry == .none)
    }

    @Test("invalid UTF-8 in the arguments does not lose the retry")
    func invalidUTF8() throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"A","args":[""#.utf8) + [0xFF] + Array(#""]}"#.utf8))
        let failure = FailureFields(
            message: "m", errorClass: "E", failedAt: Timestamp(microseconds: 0), fetchedFrom: "q")
        #expect(failure.applied(to: payload).isValidUTF8)
    }
}
