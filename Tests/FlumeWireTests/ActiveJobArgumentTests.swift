import FlumeWire
import Foundation
import TestSupport
import Testing

/// What Rails' own tests enqueue, as Swift types: one for each captured job.
private enum Captured {
    struct Scalars: Codable, Equatable {
        var int: Int
        var text: String
        var double: Double
        var nothing: Int?
        var bool: Bool
        var array: ActiveJobValue
    }

    struct Options: Codable, Equatable {
        var c: Int
    }

    struct Keywords: Codable, Equatable {
        var first: Int
        @Keyword var b: Options
        @Keyword var a: Int
        @Keyword var missing: String? = "not this"
    }

    struct Hashes: Codable, Equatable {
        struct Mixed: Codable, Equatable {
            var str: Int
            var sym: RubySymbol
        }

        var mixed: Mixed
        var indifferent: [String: [String: Int]]
    }
}

@Suite("arguments of ActiveJob")
struct ActiveJobArgumentTests {
    static let rails: [(version: String, rails: RailsVersion)] = [
        ("6.4.1", .v6_1), ("6.5.12", .v6_1), ("7.3.9", .v7_1), ("8.1.7", .v7_1),
    ]
    static let modern = ["7.3.9", "8.1.7"]

    static func arguments(
        _ version: String, _ label: String, coding: ActiveJobCoding = ActiveJobCoding()
    ) throws -> ActiveJobArguments {
        let bytes = try Fixture.job("sidekiq-\(version)", "pushed.queue_aj.aj-\(label)")
        return try ActiveJobEnvelope(JobPayload(parsing: bytes)).arguments(coding: coding)
    }

    private func arguments(_ json: String, _ coding: ActiveJobCoding = ActiveJobCoding()) throws -> ActiveJobArguments {
        try ActiveJobArguments(json: try JSONValue(parsing: json.utf8).array ?? [], coding: coding)
    }

    private func text(_ arguments: ActiveJobArguments) throws -> String {
        JSONValue.array(try arguments.json()).description
    }

    private func encoded(_ job: some Encodable, _ coding: ActiveJobCoding = ActiveJobCoding()) throws -> String {
        try text(ActiveJobArguments(encoding: job, coding: coding))
    }

    private func failure(_ body: () throws -> some Any) -> String {
        (#expect(throws: ArgumentsError.self) { _ = try body() })?.message ?? ""
    }

    // MARK: What Rails writes

    @Test("whatever Rails 6.1, 7.2 and 8.1 write is written again byte for byte", arguments: rails)
    func roundTrip(version: String, rails: RailsVersion) throws {
        var count = 0
        for job in try Fixture.jobs("sidekiq-\(version)") {
            guard let payload = try? JobPayload(parsing: job.bytes), ActiveJobEnvelope.wraps(payload) else { continue }
            count += 1
            let envelope = try ActiveJobEnvelope(payload)
            let arguments = try envelope.arguments(coding: ActiveJobCoding(rails: rails))
            let stored = try #require(envelope["arguments"])
            #expect(JSONValue.array(try arguments.json()).json == stored.json, "\(job.name)")
        }
        #expect(count > 25)
    }

    @Test("each argument type of Rails 7.2 and 8.1 is a Swift type", arguments: modern)
    func types(version: String) throws {
        func decode<T: Decodable>(_ label: String, _ position: Int = 0, as type: T.Type = T.self) throws -> T {
            try Self.arguments(version, label).decode(type, position: position)
        }
        #expect(
            try Self.arguments(version, "scalars").decode()
                == Captured.Scalars(
                    int: 1, text: "s", double: 1.5, nothing: nil, bool: true, array: [1, ["x"]]))
        #expect(try Self.arguments(version, "empty").decode([ActiveJobValue].self) == [])
        #expect(try decode("symbol") == RubySymbol("sym"))
        #expect(try decode("module", 1) == RubyModule("RichJob"))
        #expect(try decode("date") == RubyDate(year: 2024, month: 2, day: 29))
        let time: RubyTime = try decode("time")
        #expect(time.description == "2024-02-29T12:34:56.789123456Z")
        #expect(time.nanosecond == 789_123_456)
        #expect(try decode("time", as: Date.self).timeIntervalSince1970 == 1_709_210_096.789123456)
        let dateTime: RubyTime = try decode("datetime")
        #expect(dateTime.kind == .dateTime && dateTime.offset == 7200)
        #expect(dateTime.timestamp.seconds == 1_709_202_896.5)
        let zoned: RubyTime = try decode("twz")
        #expect(zoned.kind == .timeWithZone("Europe/Berlin") && zoned.timestamp == time.timestamp)
        #expect(try decode("duration", as: Duration.self) == .seconds(93_784))
        #expect(
            try decode("duration-parts", as: RubyDuration.self).parts.map { "\($0.amount) \($0.unit)" }
                == ["2 hours", "5 days", "0.5 seconds"])
        #expect(try decode("bigdecimal", as: Decimal.self) == Decimal(string: "123.456"))
        #expect(try decode("globalid", as: GlobalID.self).id(as: Int.self) == 42)
        #expect(try decode("globalid", 1, as: [GlobalID].self).map(\.id) == ["abc"])
        #expect(try decode("range", 0, as: ClosedRange<Int>.self) == 1...10)
        let month: RubyRange<RubyDate> = try decode("range", 1)
        #expect(month.contains(try #require(RubyDate(year: 2024, month: 1, day: 31))))
        #expect(!month.contains(try #require(RubyDate(year: 2024, month: 2, day: 1))))
        #expect(try decode("range", 2) == RubyRange(begin: 1, end: nil))
    }

    @Test("hashes and keywords are read by name, whatever their keys are", arguments: rails.map(\.version))
    func hashes(version: String) throws {
        let hashes: Captured.Hashes = try Self.arguments(version, "hashes").decode()
        #expect(hashes.mixed == Captured.Hashes.Mixed(str: 1, sym: "val"))
        #expect(hashes.indifferent == ["a": ["b": 1]])
        let keywords: Captured.Keywords = try Self.arguments(version, "kwargs").decode()
        #expect(keywords.first == 1 && keywords.a == 1 && keywords.b.c == 2)
        #expect(keywords.missing == nil, "a keyword that is not there is nil")
        #expect(try Self.arguments(version, "kwargs").keywords?.members.map(\.key) == ["a", "b"])
    }

    @Test("a BigDecimal of Rails 6.1 is the bare text, and no less exact")
    func bareDecimal() throws {
        let arguments = try Self.arguments("6.4.1", "bigdecimal")
        #expect(arguments.values == ["0.123456e3"])
        #expect(try arguments.decode(BigDecimal.self, position: 0) == BigDecimal("123.456"))
        #expect(try arguments.decode(Decimal.self, position: 0) == Decimal(string: "123.456"))
    }

    // MARK: What Swift writes

    @Test("Swift types are written in the forms of ActiveJob")
    func writing() throws {
        struct Job: Encodable {
            struct Nested: Encodable {
                var name = "Bob"
                var age: Int?
            }

            var number = 7
            var nothing: String?
            var nested = Nested()
            var map = ["b": 1, "a": 2]
            var range = 1...3
            var half = 1..<3
            var wait = Duration.milliseconds(1500)
            var price = Decimal(string: "-12.50") ?? 0
            var at = Date(timeIntervalSince1970: 1_709_210_096.75)
            var list: [RubySymbol] = ["x"]
            @Keyword var format = RubySymbol("pdf")
            @Keyword var left: Int? = nil
        }
        func tagged(_ serializer: String, _ members: String) -> String {
            #"{"_aj_serialized":"ActiveJob::Serializers::\#(serializer)Serializer",\#(members)}"#
        }
        let expected = [
            "7", "null", #"{"name":"Bob","_aj_symbol_keys":["name"]}"#, #"{"a":2,"b":1,"_aj_symbol_keys":[]}"#,
            tagged("Range", #""begin":1,"end":3,"exclude_end":false"#),
            tagged("Range", #""begin":1,"end":3,"exclude_end":true"#),
            tagged("Duration", #""value":1.5,"parts":[[\#(tagged("Symbol", #""value":"seconds""#)),1.5]]"#),
            tagged("BigDecimal", #""value":"-12.5""#),
            tagged("Time", #""value":"2024-02-29T12:34:56.750000000Z""#),
            "[\(tagged("Symbol", #""value":"x""#))]",
            #"{"format":\#(tagged("Symbol", #""value":"pdf""#)),"_aj_ruby2_keywords":["format"]}"#,
        ]
        #expect(try encoded(Job()) == "[\(expected.joined(separator: ","))]")
    }

    @Test("an older Rails gets no form that it cannot read")
    func olderRails() throws {
        let zoned = try #require(RubyTime(iso8601: "2024-02-29T13:34:56+01:00", kind: .timeWithZone("Europe/Berlin")))
        let old = ActiveJobCoding(rails: .v6_0)
        #expect(try encoded([BigDecimal("1.5")], old) == #"["1.5"]"#)
        #expect(try encoded([zoned], old).contains("time_zone") == false)
        #expect(try encoded([zoned]).contains(#""time_zone":"Europe/Berlin""#))
        #expect(
            failure { try encoded([1...2], old) }
                == "arguments[0]: a Range can be stored from Rails 7.0 on, and this is for Rails 6.0")
        #expect(failure { try encoded([RubyModule("Kernel")], old) }.contains("from Rails 6.1 on"))
        #expect(try encoded([RubyModule("Kernel")], ActiveJobCoding(rails: .v6_1)).contains("ModuleSerializer"))
    }

    @Test("what is written is read as the same value", arguments: [1, 2, 3] as [UInt64])
    func randomValues(seed: UInt64) throws {
        var random = RandomActiveJobValue(SeededGenerator(seed: seed))
        for _ in 0..<300 {
            let values = (0..<3).map { _ in random.next() }
            let json = try ActiveJobArguments(values).json()
            let read = try ActiveJobArguments(json: try JSONValue(parsing: JSONValue.array(json).json).array ?? [])
            #expect(read.values == values, "seed \(seed)")
            #expect(try ActiveJobArguments(encoding: values).values == values, "seed \(seed)")
        }
    }

    // MARK: Keywords

    private struct Greeting: Codable, Equatable {
        enum CodingKeys: String, CodingKey {
            case id
            case fullName = "full_name"
        }

        var id: Int?
        @Keyword var fullName: String
    }

    @Test("keywords go by name, and Ruby 2's Hash at the end will do")
    func keywordForms() throws {
        let expected = Greeting(id: 1, fullName: "Bob")
        #expect(try arguments(#"[1,{"full_name":"Bob","_aj_ruby2_keywords":["full_name"]}]"#).decode() == expected)
        #expect(try arguments(#"[1,{"full_name":"Bob","_aj_symbol_keys":["full_name"]}]"#).decode() == expected)
        let alone = try arguments(#"[{"full_name":"Bob","_aj_ruby2_keywords":["full_name"]}]"#)
        #expect(try alone.decode() == Greeting(id: nil, fullName: "Bob"), "an optional before it may be missing")
        #expect(try encoded(expected) == #"[1,{"full_name":"Bob","_aj_ruby2_keywords":["full_name"]}]"#)
    }

    @Test("keywords are a Hash for a type that has none")
    func keywordsAsHash() throws {
        struct Plain: Codable, Equatable {
            var id: Int
            var options: [String: Int]
        }
        let arguments = try arguments(#"[1,{"a":2,"_aj_ruby2_keywords":["a"]}]"#)
        #expect(try arguments.decode() == Plain(id: 1, options: ["a": 2]))
        #expect(try arguments.decode([String: Int].self, position: 1) == ["a": 2])
    }

    @Test("a keyword that is missing, unknown or of the wrong kind is named")
    func keywordErrors() throws {
        func message(_ json: String) -> String { failure { try arguments(json).decode(Greeting.self) } }
        #expect(message("[1]") == "arguments.full_name: missing keyword")
        #expect(
            message(#"[1,{"full_name":"a","x":1,"_aj_ruby2_keywords":["full_name","x"]}]"#)
                == "arguments: unknown keyword x; accepted are full_name")
        #expect(
            message(#"[1,{"full_name":2,"_aj_ruby2_keywords":["full_name"]}]"#)
                == "arguments.full_name: expected String, found a number: 2")
        #expect(
            message(#"[1,2,{"full_name":"a","_aj_ruby2_keywords":["full_name"]}]"#)
                == "arguments: 2 arguments were given, expected 1")
    }

    // MARK: Serializers of the application's own

    private struct Money: Codable, Equatable {
        var amount: BigDecimal
        var currency: String
    }

    private struct Invoice: Codable, Equatable {
        var number: Int
        var total: Money
    }

    @Test("a serializer of the application's own is registered with the Swift type it stands for")
    func customSerializer() throws {
        let coding = ActiveJobCoding(serializers: [ActiveJobSerializer("Shop::MoneySerializer", for: Money.self)])
        let decimal = #"{"_aj_serialized":"ActiveJob::Serializers::BigDecimalSerializer","value":"1.5"}"#
        let json = #"[3,{"_aj_serialized":"Shop::MoneySerializer","amount":\#(decimal),"currency":"EUR"}]"#
        let invoice = Invoice(number: 3, total: Money(amount: try #require(BigDecimal("1.5")), currency: "EUR"))
        #expect(try arguments(json, coding).decode() == invoice)
        #expect(try encoded(invoice, coding) == json)
        #expect(try text(arguments(json, coding)) == json)
        let byHand = ActiveJobSerializer("Shop::MoneySerializer", for: Money.self) { members in
            Money(amount: BigDecimal("1") ?? BigDecimal(0), currency: members["currency"]?.string ?? "")
        } encode: {
            ["currency": .string($0.currency)]
        }
        #expect(
            try arguments(json, ActiveJobCoding(serializers: [byHand])).decode(Invoice.self).total.currency == "EUR")
    }

    @Test("a serializer that nobody registered is an error which names the accepted ones")
    func unknownSerializer() throws {
        let json = #"[1,[{"_aj_serialized":"OtherSerializer","x":1}]]"#
        let coding = ActiveJobCoding(serializers: [ActiveJobSerializer("MoneySerializer", for: Money.self)])
        let message = failure { try arguments(json, coding) }
        #expect(
            message.hasPrefix(
                "arguments[1][0]: no serializer OtherSerializer is registered; registered are MoneySerializer, and "
                    + "ActiveJob's own SymbolSerializer,"))
        let wrong = failure {
            try arguments(#"[1,{"_aj_serialized":"MoneySerializer","amount":1}]"#, coding).decode(Invoice.self)
        }
        #expect(wrong.hasPrefix("arguments[1] (total)"), "\(wrong)")
        #expect(
            failure { try arguments("[1,2]", coding).decode(Invoice.self) }
                == "arguments[1] (total): expected an object of MoneySerializer, found a number: 2")
    }

    // MARK: Bad input

    @Test(
        "an argument of the wrong form is an error that names the place and what is accepted there",
        arguments: [
            (
                #"[{"_aj_globalid":"gid://app/Person"}]"#,
                "arguments[0]._aj_globalid: expected a GlobalID such as gid://app/Model/1, found a string: \"gid://app/Person\""
            ),
            (
                #"[{"_aj_globalid":7}]"#,
                "arguments[0]._aj_globalid: expected a GlobalID such as gid://app/Model/1, found a number: 7"
            ),
            (
                #"[{"_aj_serialized":null}]"#,
                "arguments[0]._aj_serialized: expected the name of a serializer, found null"
            ),
            (
                #"[1,{"_aj_serialized":"ActiveJob::Serializers::DateSerializer","value":"2023-02-29"}]"#,
                "arguments[1].value: expected a date such as 2024-02-29, found a string: \"2023-02-29\""
            ),
            (
                #"[{"a":{"_aj_serialized":"ActiveJob::Serializers::TimeSerializer","value":"noon"}}]"#,
                "arguments[0].a.value: expected an ISO 8601 time such as 2024-02-29T12:34:56.789123456+01:00, found a string: \"noon\""
            ),
            (
                #"[{"_aj_serialized":"ActiveJob::Serializers::BigDecimalSerializer","value":1}]"#,
                "arguments[0].value: expected a decimal such as 0.123456e3, found a number: 1"
            ),
            (
                #"[{"_aj_serialized":"ActiveJob::Serializers::DurationSerializer","value":1,"parts":[["s",1]]}]"#,
                "arguments[0].parts[0]: expected pairs of a Symbol and a number, found an array: [\"s\",1]"
            ),
            (
                #"[{"_aj_serialized":"ActiveJob::Serializers::RangeSerializer","begin":1,"end":2}]"#,
                "arguments[0].exclude_end: expected true or false, found null"
            ),
            (
                #"[{"a":1,"_aj_symbol_keys":"a"}]"#,
                "arguments[0]._aj_symbol_keys: expected an array of keys, found a string: \"a\""
            ),
        ])
    func malformed(json: String, message: String) {
        #expect(failure { try arguments(json) } == message)
    }

    @Test("an argument of another kind is an error that says both kinds")
    func mismatches() throws {
        func message<T: Decodable>(_ json: String, _ type: T.Type) -> String {
            failure { try arguments(json).decode(type, position: 0) }
        }
        let symbol = #"[{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"pdf"}]"#
        #expect(message(symbol, String.self) == "arguments[0]: expected String, found a Symbol: :pdf")
        #expect(message(#"["pdf"]"#, RubySymbol.self) == #"arguments[0]: expected a Symbol, found a String: "pdf""#)
        #expect(
            message(#"["x"]"#, Date.self)
                == #"arguments[0]: expected a Time, DateTime or TimeWithZone, found a String: "x""#)
        #expect(message("[null]", GlobalID.self) == "arguments[0]: expected a GlobalID, found nil")
        #expect(message("[3.5]", Int.self) == "arguments[0]: expected Int, found a number: 3.5")
        #expect(message("[300]", UInt8.self) == "arguments[0]: 300 does not fit in UInt8")
        #expect(message("[[1,[2]]]", [[Int]].self) == "arguments[0][0]: expected an Array, found a number: 1")
        #expect(
            message(#"[{"a":1,"_aj_symbol_keys":["a"]}]"#, Captured.Options.self)
                == #"arguments[0]: the Hash has no key "c"; it has ["a"]"#)
        let digits = String(repeating: "1", count: 40)
        let long = #"[{"_aj_serialized":"ActiveJob::Serializers::BigDecimalSerializer","value":"\#(digits)"}]"#
        #expect(message(long, Decimal.self).contains("up to 38 digits"))
        #expect(message("[]", Int.self) == "arguments[0]: missing; 0 arguments were given, expected Int here")
    }

    @Test("GlobalIDs of other applications are refused where the application's own are named")
    func foreignGlobalID() throws {
        let json = #"[{"_aj_globalid":"gid://shop/Person/1"}]"#
        #expect(try arguments(json).decode(GlobalID.self, position: 0).app == "shop")
        #expect(try arguments(json, ActiveJobCoding(apps: ["shop"])).values.count == 1)
        #expect(
            failure { try arguments(json, ActiveJobCoding(apps: ["crm", "billing"])) }
                == "arguments[0]: gid://shop/Person/1 is of the application shop; accepted are those of billing, crm")
    }

    @Test("a key that ActiveJob keeps for itself cannot be stored, as in Rails")
    func reservedKeys() {
        #expect(
            failure { try encoded([["_aj_globalid": "x"]]) }.hasSuffix(
                "ActiveJob keeps the key _aj_globalid for itself"))
    }
}
