import FlumeWire
import Foundation
import Testing

@Suite("Ruby's types in Swift")
struct RubyValueTests {
    @Test(
        "a time keeps its offset and its nanoseconds",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000000Z"),
            ("2024-02-29T23:59:59.5+05:45", 1_709_230_499, "2024-02-29T23:59:59.500000000+05:45"),
            ("1969-12-31T23:59:59.999999999-00:30", 1799, "1969-12-31T23:59:59.999999999-00:30"),
            ("-0001-03-01T00:00:00Z", -62_193_657_600, "-0001-03-01T00:00:00.000000000Z"),
            ("12024-01-01T00:00:00Z", 317_273_587_200, "12024-01-01T00:00:00.000000000Z"),
        ])
    func times(text: String, seconds: Int, written: String) throws {
        let time = try #require(RubyTime(iso8601: text))
        #expect(time.secondsSinceEpoch == seconds)
        #expect(time.description == written)
        #expect(RubyTime(iso8601: written) == time)
    }

    @Test(
        "what is no time is none",
        arguments: [
            "", "now", "2024-02-30T00:00:00Z", "2024-02-29T25:00:00Z", "2024-02-29T12:00:00",
            "2024-02-29T12:00:00+1:00",
            "2024-02-29T12:00:00Zx", "24-02-29T12:00:00Z", "999999-01-01T00:00:00Z", "2024-13-01T00:00:00Z",
        ])
    func noTimes(text: String) {
        #expect(RubyTime(iso8601: text) == nil)
    }

    @Test("times made of absurd numbers neither trap nor change their kind")
    func absurdTimes() {
        let late = RubyTime(secondsSinceEpoch: .max, nanosecond: -1, offset: .min, kind: .dateTime)
        #expect(late.kind == .dateTime && !late.description.isEmpty && late.timestamp.microseconds > 0)
        #expect(RubyTime(Date.distantFuture).description.hasPrefix("4001-01-01"))
        #expect(RubyTime(Date(timeIntervalSince1970: .infinity)).secondsSinceEpoch == 253_402_300_799)
        #expect(RubyTime(Date(timeIntervalSince1970: .nan)).secondsSinceEpoch == 0)
        #expect(RubyDate(year: .min, month: 1, day: 1) == nil)
    }

    @Test("every day from 1583 to 2370 is the day that Foundation says", .timeLimit(.minutes(1)))
    func days() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: -141_300, to: 146_097, by: 97) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let ours = RubyDate(iso8601: String(RubyTime(date).description.prefix { $0 != "T" }))
            #expect(ours?.daysSinceEpoch == day)
            #expect(ours?.year == parts.year && ours?.month == parts.month && ours?.day == parts.day)
        }
        #expect(RubyDate(year: 1900, month: 2, day: 29) == nil)
        #expect(RubyDate(year: 2000, month: 2, day: 29)?.description == "2000-02-29")
    }

    @Test(
        "a BigDecimal is the same number in all its forms",
        arguments: [
            ("0.123456e3", "0.123456e3", "123.456"), ("123.456", "0.123456e3", "123.456"),
            ("-0.5e-2", "-0.5e-2", "-0.005"),
            ("0.0", "0.0", "0"), ("000100", "0.1e3", "100"), ("1e2", "0.1e3", "100"), ("1.50E+1", "0.15e2", "15"),
            (
                "0.12345678901234567890123456789012345678e38", "0.12345678901234567890123456789012345678e38",
                "12345678901234567890123456789012345678"
            ),
        ])
    func decimals(text: String, ruby: String, plain: String) throws {
        let decimal = try #require(BigDecimal(text))
        #expect(decimal == BigDecimal(ruby) && decimal.hashValue == BigDecimal(ruby)?.hashValue)
        #expect(decimal.description == text, "it is written as it was read")
        #expect(decimal.decimal == Decimal(string: plain))
        #expect(decimal.decimal.map { BigDecimal($0) } == decimal)
    }

    @Test("a BigDecimal that Foundation could only round is not handed to it")
    func longDecimals() throws {
        let digits = String(repeating: "7", count: 60)
        let long = try #require(BigDecimal("0.\(digits)e10"))
        #expect(long.description == "0.\(digits)e10")
        #expect(long.decimal == nil)
        #expect(BigDecimal("NaN")?.decimal == nil && BigDecimal("NaN")?.isFinite == false)
        #expect(BigDecimal("-Infinity")?.double == -.infinity)
        #expect(BigDecimal("1e999999999")?.decimal == nil)
        for text in ["", "-", ".", "1.2.3", "1e", "e5", "0x1", "1 ", "1e99999999999", "1e-9223372036854775808", "١"] {
            #expect(BigDecimal(text) == nil, "\(text)")
        }
    }

    @Test("a GlobalID is its application, class and id")
    func globalIDs() throws {
        let id = try #require(GlobalID("gid://shop/Billing::Invoice/4%2F2+x?tenant=a"))
        #expect(id.app == "shop" && id.model == "Billing::Invoice" && id.id == "4/2 x")
        #expect(id.description == "gid://shop/Billing::Invoice/4%2F2+x?tenant=a")
        #expect(GlobalID(app: "shop", model: "Person", id: 42).uri == "gid://shop/Person/42")
        #expect(GlobalID(app: "shop", model: "Person", id: "ü b").uri == "gid://shop/Person/%C3%BC+b")
        #expect(GlobalID("gid://shop/Trip/1/2")?.id == "1/2", "a composite key")
        for text in [
            "", "gid://", "gid://a/B", "gid://a//1", "gid:///B/1", "gid://a/B/", "http://a/B/1", "gid://a/B/%2",
        ] {
            #expect(GlobalID(text) == nil, "\(text)")
        }
    }

    @Test("a duration is Swift's and the parts it was made of")
    func durations() throws {
        #expect(RubyDuration(.seconds(90)).description == "90 seconds")
        #expect(RubyDuration(.milliseconds(-1500)).value.text == "-1.5")
        #expect(RubyDuration(.seconds(90)).duration == .seconds(90))
        let long = RubyDuration(value: try #require(JSONNumber("1e400")), parts: [])
        #expect(long.duration == nil && long.description == "0 seconds")
    }

    @Test("elsewhere than in ActiveJob's arguments these types are the object that ActiveJob writes")
    func elsewhere() throws {
        struct Event: Codable, Equatable {
            var name: RubySymbol
            var days: RubyRange<RubyDate>
            var id: GlobalID
        }
        let day = try #require(RubyDate(year: 2024, month: 2, day: 29))
        let event = Event(
            name: "x", days: RubyRange(begin: day, end: nil), id: GlobalID(app: "a", model: "B", id: 1))
        let data = try JSONEncoder().encode(event)
        #expect(try JSONDecoder().decode(Event.self, from: data) == event)
        #expect(String(decoding: data, as: UTF8.self).contains("SymbolSerializer"))
        let stored = try ArgumentsEncoder().encode(event)
        #expect(String(decoding: stored, as: UTF8.self).contains("_aj_globalid"))
        #expect(try ArgumentsDecoder(stored[...]).decode(Event.self) == event)
        let error = #expect(throws: ArgumentsError.self) {
            try ArgumentsDecoder(Array(#"["x"]"#.utf8)[...]).decode(Event.self)
        }
        #expect(error?.message.hasPrefix("args[0] (name): ") == true)
        #expect(error?.message.hasSuffix(#"expected a Symbol, found a String: "x""#) == true)
    }

    @Test("the ends of time are times")
    func ends() {
        for microseconds in [Int.min, .max] {
            let time = RubyTime(Timestamp(microseconds: microseconds))
            #expect((0..<1_000_000_000).contains(time.nanosecond))
            #expect(!time.description.isEmpty && time.timestamp.microseconds.magnitude > 1 << 60)
        }
        for nanosecond in [Int.min, .max] {
            #expect((0..<1_000_000_000).contains(RubyTime(secondsSinceEpoch: 0, nanosecond: nanosecond).nanosecond))
        }
    }
}
