import FlumeWire
import Testing

@testable import FlumeCheck

@Suite("The Ruby shape of arguments")
struct RubyShapeTests {
    @Test(
        "arguments are told by what they are in Ruby, not by what they say",
        arguments: [
            ("[]", "[]"),
            (#"[1,"a",2.5,1.0e+20,true,null]"#, "[Integer, String, Float, Float, Boolean, nil]"),
            (#"[123456789012345678901234567890]"#, "[Integer]"),
            (#"[[1,2,3],[],[1,"a",2]]"#, "[Array[Integer], Array, Array[Integer | String]]"),
            (#"[{"a":1,"b":{"c":[null]}},{}]"#, #"[Hash{"a" => Integer, "b" => Hash{"c" => Array[nil]}}, Hash]"#),
            (#"[{"a\"b":1}]"#, #"[Hash{"a\"b" => Integer}]"#),
            (#"[[[[[[[[1]]]]]]]]"#, "[Array[Array[Array[Array[Array[…]]]]]]"),
            (
                #"[1,2,3,4,5,6,7,8,9,10,11,12,13]"#,
                "[\(Array(repeating: "Integer", count: 12).joined(separator: ", ")), …]"
            ),
            (#"{"a":1}"#, "not an Array"),
            ("null", "[]"),
        ])
    func plain(arguments: String, shape: String) throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"A","args":\#(arguments)}"#.utf8))
        #expect(RubyShape(argumentsOf: payload).description == shape)
    }

    @Test("an ActiveJob shows what its perform gets")
    func activeJob() throws {
        let text = #"""
            {"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"A","args":[{"job_class":"A","arguments":[42,
            {"_aj_globalid":"gid://app/Person/42"},
            {"_aj_serialized":"ActiveJob::Serializers::TimeWithZoneSerializer","value":"2024-02-29T00:00:00Z"},
            {"_aj_serialized":"MoneySerializer","amount":1},
            {"a":1,"b":"x","_aj_symbol_keys":["a"]},{"force":true,"_aj_ruby2_keywords":["force"]}]}]}
            """#
        #expect(
            RubyShape(argumentsOf: try JobPayload(parsing: Array(text.utf8))).description
                == #"[Integer, GlobalID, TimeWithZone, Money, Hash{a: Integer, "b" => String}, Hash{force: Boolean}]"#)
    }
}
