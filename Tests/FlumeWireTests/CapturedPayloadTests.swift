import FlumeWire
import Testing

@Suite("payloads of real producers")
struct CapturedPayloadTests {
    /// What is broken on purpose in the captures.
    private static let broken = ["fail1.dead.raw", "fail1.dead.raw.2", "fail2.dead.raw", "fail2.dead.raw.2"]

    private static func payloads(_ file: String) throws -> [(name: String, payload: JobPayload)] {
        try Fixture.jobs(file).filter { !broken.contains($0.name) }.map { ($0.name, try JobPayload(parsing: $0.bytes)) }
    }

    @Test("every stored job of every version parses and keeps its bytes", arguments: Fixture.files)
    func parses(file: String) throws {
        let jobs = try Fixture.jobs(file)
        #expect(jobs.count >= 8)
        for job in jobs where !Self.broken.contains(job.name) {
            let payload = try JobPayload(parsing: job.bytes)
            #expect(payload.bytes == job.bytes)
            #expect(payload.jobClass?.isEmpty == false, "\(job.name)")
            // The mixed captures hold one hand-made job without jid.
            #expect(
                (payload.jid?.isEmpty == false) != (file == "exq-0.23" && job.name.hasSuffix(".PlainJob")),
                "\(job.name)")
            #expect(payload.argumentBytes?.first == UInt8(ascii: "["), "\(job.name)")
            #expect(payload.isValidUTF8)
        }
    }

    @Test("strings that are not JSON are refused with a place", arguments: Fixture.sidekiqs)
    func brokenStrings(version: String) throws {
        for job in try Fixture.jobs("sidekiq-\(version)") where Self.broken.contains(job.name) {
            let error = #expect(throws: PayloadError.self) { try JobPayload(parsing: job.bytes) }
            #expect(error?.code == .notJSON)
            #expect(error?.offset != nil)
        }
    }

    @Test("a decoded value written again has the bytes Ruby wrote", arguments: Fixture.sidekiqs)
    func valueRoundTrip(version: String) throws {
        for (name, payload) in try Self.payloads("sidekiq-\(version)") {
            #expect(try JSONValue(parsing: payload.bytes).json == payload.bytes, "\(name)")
        }
    }

    @Test("setting a field to what it is changes nothing", arguments: Fixture.files)
    func identity(file: String) throws {
        for (name, payload) in try Self.payloads(file) {
            let members = try JSONValue(parsing: payload.bytes).object?.members ?? []
            for member in members {
                let raw = try #require(payload.rawValue(member.key))
                var copy = payload
                try copy.set(member.key, toJSON: raw)
                #expect(copy.bytes == payload.bytes, "\(name) \(member.key)")
            }
        }
    }

    @Test("setting a field leaves every byte before and behind its value", arguments: Fixture.files)
    func setting(file: String) throws {
        for (name, payload) in try Self.payloads(file) {
            for member in try JSONValue(parsing: payload.bytes).object?.members ?? [] {
                let raw = try #require(payload.rawValue(member.key))
                var copy = payload
                copy.set(member.key, to: "x\"y")
                let expected =
                    payload.bytes[..<raw.startIndex] + Array(#""x\"y""#.utf8) + payload.bytes[raw.endIndex...]
                #expect(copy.bytes == Array(expected), "\(name) \(member.key)")
                #expect(copy[member.key] == "x\"y")
            }
        }
    }

    @Test("removing a field takes one member and one comma", arguments: Fixture.files)
    func removing(file: String) throws {
        for (name, payload) in try Self.payloads(file) {
            let members = try JSONValue(parsing: payload.bytes).object?.members ?? []
            for member in members {
                let raw = try #require(payload.rawValue(member.key))
                var copy = payload
                copy.remove(member.key)
                let comma = members.count > 1 ? 1 : 0
                #expect(
                    copy.bytes.count == payload.bytes.count - raw.count - member.key.utf8.count - 3 - comma, "\(name)")
                #expect(try JSONValue(parsing: copy.bytes).object?.members == members.filter { $0.key != member.key })
                #expect(copy.rawValue(member.key) == nil)
            }
        }
    }

    @Test("a new field becomes the last member", arguments: Fixture.files)
    func appending(file: String) throws {
        for (_, payload) in try Self.payloads(file) {
            var copy = payload
            copy.set("brand_new", to: ["a": 1])
            #expect(copy.bytes == Array(payload.bytes.dropLast()) + Array(#","brand_new":{"a":1}}"#.utf8))
            copy.remove("brand_new")
            #expect(copy == payload)
        }
    }

    @Test("fields of a fresh job read as written")
    func fields() throws {
        let seven = try JobPayload(parsing: Fixture.job("sidekiq-7.3.9", "pushed.queue_default.plain"))
        #expect(seven.jid == "94c6dad4ff55eb3d9438c55a")
        #expect(seven.jobClass == "PlainJob")
        #expect(seven.queue == "default")
        #expect(seven.retry == .default)
        #expect(seven.retryCount == nil)
        #expect(seven.createdAt == Timestamp(microseconds: 1_795_253_415_099_727))
        #expect(seven.timestampUnit == .floatSeconds)
        #expect(try seven.arguments().count == 8)

        let eight = try JobPayload(parsing: Fixture.job("sidekiq-8.1.7", "pushed.queue_default.plain"))
        #expect(eight.createdAt == Timestamp(microseconds: 1_795_253_416_190_000, unit: .milliseconds))
        #expect(eight.timestampUnit == .milliseconds)
    }

    @Test("numbers keep their text, in the payload and as values")
    func numbers() throws {
        let payload = try JobPayload(parsing: Fixture.job("sidekiq-8.1.7", "pushed.queue_default.numbers"))
        let texts = try payload.arguments().map(\.description)
        #expect(
            texts == [
                "9007199254740993", "123456789012345678901234567890", "-1", "0", "0.1", "1.0e+20", "1.0e+16", "1.0e-07",
                "1.0", "-0.0", "9223372036854775808", "1.7976931348623157e+308", "100000.0",
            ])
    }

    @Test("names of ActiveJob and ActionMailer jobs are those Sidekiq shows", arguments: Fixture.sidekiqs)
    func names(version: String) throws {
        let mailer = try JobPayload(parsing: Fixture.job("sidekiq-\(version)", "pushed.queue_mailers.aj-mailer"))
        #expect(mailer.displayName == "UserMailer#welcome")
        #expect(mailer.handlerName == "ActionMailer::MailDeliveryJob")
        let plain = try JobPayload(parsing: Fixture.job("sidekiq-\(version)", "pushed.queue_aj.aj-scalars"))
        #expect(plain.displayName == "RichJob")
        var bare = plain
        bare.remove("wrapped")
        #expect(bare.handlerName == "RichJob")
    }

    @Test("Exq's nulls are absent fields, its exponents are times")
    func exq() throws {
        let snoozed = try #require(try Self.payloads("exq-0.23").first { $0.payload["retry_count"] == .null }).payload
        #expect(snoozed.retryCount == nil)
        let exponents = try Self.payloads("exq-0.23").filter {
            $0.payload.rawValue("enqueued_at")?.contains(UInt8(ascii: "e")) == true
        }
        #expect(!exponents.isEmpty)
        for (name, payload) in exponents { #expect(payload.enqueuedAt?.unit == .floatSeconds, "\(name)") }
    }
}
