import FlumeWire
import Testing

@Suite("fields of a payload")
struct FieldTests {
    private func payload(_ field: String) throws -> JobPayload {
        try JobPayload(parsing: Array("{\"class\":\"A\"\(field.isEmpty ? "" : ",")\(field)}".utf8))
    }

    @Test(
        "retry is read by JSON type",
        arguments: [
            ("", RetrySetting.absent), ("\"retry\":null", .absent), ("\"retry\":true", .default),
            ("\"retry\":false", .none),
            ("\"retry\":0", .limit(0)), ("\"retry\":5", .limit(5)), ("\"retry\":-1", .limit(-1)),
            ("\"retry\":-0", .limit(0)),
            ("\"retry\":3.0", .other), ("\"retry\":\"5\"", .other), ("\"retry\":[]", .other), ("\"retry\":1e2", .other),
            ("\"retry\":99999999999999999999", .limit(.max)), ("\"retry\":-99999999999999999999", .limit(.min)),
        ])
    func retry(field: String, setting: RetrySetting) throws {
        #expect(try payload(field).retry == setting)
    }

    @Test("the limit of retries follows from the setting")
    func limits() {
        #expect(RetrySetting.default.limit(default: 25) == 25)
        #expect(RetrySetting.other.limit(default: 25) == 25)
        #expect(RetrySetting.limit(0).limit(default: 25) == 0)
        #expect(RetrySetting.none.limit(default: 25) == nil)
        #expect(RetrySetting.absent.limit(default: 25) == nil)
    }

    @Test(
        "retry_count may be absent, null, negative and absurd",
        arguments: [
            ("", nil), ("\"retry_count\":null", nil), ("\"retry_count\":0", 0), ("\"retry_count\":-1", -1),
            ("\"retry_count\":\"3\"", nil), ("\"retry_count\":2.0", 2),
            ("\"retry_count\":1000000000000000000000", .max),
            ("\"retry_count\":1e400", .max), ("\"retry_count\":-1e400", .min),
        ] as [(String, Int?)])
    func retryCount(field: String, count: Int?) throws {
        #expect(try payload(field).retryCount == count)
    }

    @Test(
        "a time is read in five forms, by magnitude",
        arguments: [
            ("1795253415.0997272", 1_795_253_415_099_727, Timestamp.Unit.floatSeconds),
            ("1795253416190", 1_795_253_416_190_000, .milliseconds),
            ("1795253416", 1_795_253_416_000_000, .integerSeconds),
            ("1.7637e9", 1_763_700_000_000_000, .floatSeconds),
            ("1795253416190.5", 1_795_253_416_190_500, .milliseconds),
            ("0", 0, .integerSeconds), ("-1.5", -1_500_000, .floatSeconds),
            ("99999999999", 99_999_999_999_000_000, .integerSeconds),
            ("1e11", 100_000_000_000_000, .milliseconds),
        ])
    func times(json: String, microseconds: Int, unit: Timestamp.Unit) throws {
        #expect(try payload("\"failed_at\":\(json)").failedAt == Timestamp(microseconds: microseconds, unit: unit))
    }

    @Test(
        "what is no time reads as none", arguments: ["null", "\"2026-11-21\"", "[]", "true", "1e400", "1e300", "-1e30"])
    func noTime(json: String) throws {
        #expect(try payload("\"failed_at\":\(json)").failedAt == nil)
    }

    @Test("float seconds always have a fraction; milliseconds none")
    func writesTimes() {
        func text(_ microseconds: Int, _ unit: Timestamp.Unit) -> String {
            String(decoding: Timestamp(microseconds: microseconds).json(unit: unit), as: UTF8.self)
        }
        #expect(text(1_795_253_415_000_000, .floatSeconds) == "1795253415.0")
        #expect(text(1_795_253_415_099_727, .floatSeconds) == "1795253415.099727")
        #expect(text(1_795_253_415_100_000, .floatSeconds) == "1795253415.1")
        #expect(text(1_795_253_415_099_727, .milliseconds) == "1795253415099")
        #expect(text(1_795_253_415_999_999, .integerSeconds) == "1795253415")
        #expect(text(-1, .floatSeconds) == "-0.000001")
        #expect(text(-1, .milliseconds) == "-1")
        #expect(text(.min, .floatSeconds) == "-9223372036854.775808")
        #expect(text(.min, .milliseconds) == "-9223372036854776")
        #expect(text(.max, .integerSeconds) == "9223372036854")
    }

    @Test("the unit found in a payload is kept; a float among milliseconds tells of a worker that cannot read those")
    func unit() throws {
        #expect(try payload("").timestampUnit == nil)
        #expect(try payload("\"created_at\":1795253416190").timestampUnit == .milliseconds)
        #expect(try payload("\"created_at\":1795253416190,\"failed_at\":1795253417.5").timestampUnit == .floatSeconds)
        #expect(try payload("\"created_at\":1795253416").timestampUnit == .floatSeconds)
    }

    @Test("moments are moved without overflow")
    func moves() {
        #expect(Timestamp(microseconds: 5).advanced(bySeconds: 2).microseconds == 2_000_005)
        #expect(Timestamp(microseconds: 5).advanced(bySeconds: .max).microseconds == .max)
        #expect(Timestamp(microseconds: -5).advanced(bySeconds: .min).microseconds == .min)
        #expect(Timestamp(seconds: .nan) == nil)
        #expect(Timestamp(seconds: 1e300) == nil)
    }

    @Test("only a literal false keeps a job out of the dead set")
    func dead() throws {
        #expect(try payload("").dead)
        #expect(try payload("\"dead\":null").dead)
        #expect(try payload("\"dead\":\"false\"").dead)
        #expect(try payload("\"dead\":false").dead == false)
    }

    @Test("backtrace chooses the lines to store")
    func backtrace() throws {
        let lines = ["a", "b", "c"]
        #expect(try payload("").backtrace.select(lines) == nil)
        #expect(try payload("\"backtrace\":false").backtrace.select(lines) == nil)
        #expect(try payload("\"backtrace\":true").backtrace.select(lines) == lines)
        #expect(try payload("\"backtrace\":2").backtrace.select(lines) == ["a", "b"])
        #expect(try payload("\"backtrace\":-2").backtrace.select(lines) == [])
        #expect(try payload("\"backtrace\":9999999999999999999999").backtrace.select(lines) == lines)
    }

    @Test("tags of the wrong form are no tags")
    func tags() throws {
        #expect(try payload("\"tags\":[\"a\",1,\"b\"]").tags == ["a", "b"])
        #expect(try payload("\"tags\":\"a\"").tags == [])
    }
}
