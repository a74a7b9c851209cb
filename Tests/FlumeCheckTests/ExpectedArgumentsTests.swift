import FlumeWire
import Testing

@testable import FlumeCheck

@Suite("Arguments expected in words")
struct ExpectedArgumentsTests {
    @Test(
        "arguments that fit the words pass, others say which does not fit and how",
        arguments: [
            ("A()", "[]", nil),
            ("A()", "[1]", "args: 1 argument was given, expected 0"),
            ("A(Int, String?)", "[1]", nil),
            ("A(Int, String?)", "[1,null]", nil),
            ("A(Int,String)", "[1]", "args[1]: missing; expected String"),
            ("A(Int)", "[1.0]", "args[0]: expected Int, found 1.0"),
            ("A(Int)", "[true]", "args[0]: expected Int, found true"),
            ("A(Double, Bool, Any)", "[1,false,[]]", nil),
            ("A([Int])", #"[[1,2,"3"]]"#, #"args[0][2]: expected Int, found "3""#),
            ("A([String : [Int?]])", #"[{"a":[1,null]}]"#, nil),
            ("A([String: Int])", #"[{"a":1,"b":"x"}]"#, #"args[0].b: expected Int, found "x""#),
            ("A([String: Int])", "[[1]]", "args[0]: expected [String: Int], found [1]"),
            ("A([String])", #"[["x"]]"#, nil),
            ("A(...)", #"[1,"x",{}]"#, nil),
            ("A(String)", #"{"a":1}"#, #"args: expected an array, found an object: {"a":1}"#),
        ])
    func fits(words: String, arguments: String, problem: String?) throws {
        let expected = try ExpectedArguments(words)
        let payload = try JobPayload(parsing: Array(#"{"class":"A","args":\#(arguments)}"#.utf8))
        #expect(expected.jobClass == "A")
        do {
            try expected.check(payload)
            #expect(problem == nil)
        } catch {
            #expect("\(error)" == problem)
        }
    }

    @Test(
        "of an ActiveJob the arguments of its perform are checked, keyword arguments by name",
        arguments: [
            ("A(Int, String)", #"[1,"x"]"#, nil),
            ("A(Int)", #"["x"]"#, #"arguments[0]: expected Int, found "x""#),
            ("A(Int)", "[1,2]", "arguments: 2 arguments were given, expected 1"),
            ("A(Int, Bool?)", "[1]", nil),
            ("A(Int, Bool)", "[1]", "arguments[1]: missing; expected Bool"),
            ("A(GlobalID)", #"[{"_aj_globalid":"gid://shop/User/1"}]"#, nil),
            ("A(String)", #"[{"_aj_globalid":"gid://shop/User/1"}]"#, "arguments[0]: expected String, found GlobalID"),
            ("A(Symbol)", #"[{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"x"}]"#, nil),
            ("A([String: Int])", #"[{"a":1,"_aj_symbol_keys":["a"]}]"#, nil),
            (
                "A([String: Int])", #"[{"_aj_serialized":"MoneySerializer","a":1}]"#,
                "arguments[0]: expected [String: Int], found Money"
            ),
            ("A(Any)", #"[{"_aj_serialized":"MoneySerializer","a":1}]"#, nil),
            ("A(Int, to: String, cc: String?)", #"[1,{"to":"a","_aj_ruby2_keywords":["to"]}]"#, nil),
            ("A(Int, to: String)", #"[1,{"to":"a","_aj_symbol_keys":["to"]}]"#, nil),
            (
                "A(to: String)", #"[{"to":1,"_aj_ruby2_keywords":["to"]}]"#,
                "arguments.to: expected String, found 1"
            ),
            ("A(Int, to: String)", "[1]", "arguments.to: missing; expected String"),
            (
                "A(to: String)", #"[{"to":"a","x":1,"_aj_ruby2_keywords":["to","x"]}]"#,
                "arguments.x: this keyword argument is not expected; there are to"
            ),
            ("A(...)", "[1,2,3]", nil),
            ("A()", "3", "args[0].arguments: expected an array, found 3"),
        ] as [(String, String, String?)])
    func activeJob(words: String, arguments: String, problem: String?) throws {
        let job = #"{"job_class":"A","arguments":\#(arguments)}"#
        let payload = try JobPayload(
            parsing: Array(#"{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"A","args":[\#(job)]}"#.utf8))
        do {
            try ExpectedArguments(words).check(payload)
            #expect(problem == nil)
        } catch {
            #expect("\(error)" == problem)
        }
    }

    @Test("a keyword argument of a plain job, which has none, is named")
    func keywordOfPlainJob() throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"A","args":[{"to":"x"}]}"#.utf8))
        #expect { try ExpectedArguments("A(to: String)").check(payload) } throws: {
            "\($0)" == "to: a plain job has no keyword arguments; leave out the name"
        }
    }

    @Test(
        "words that make no sense are refused with what can be written",
        arguments: [
            ("A", "a class and its arguments"), ("(Int)", "a class and its arguments"),
            ("A(Integer)", #""Integer" is no type here; write Int, String"#),
            ("A(Int String)", "',' is expected, not 'S'"),
            ("A([Int)", "']' is expected, not the end"), ("A(Int,)", #""" is no type here"#),
            ("A([Int: Int])", "']' is expected, not ':'"), ("A(to: Int, Int)", "keyword arguments come last"),
        ])
    func refused(words: String, problem: String) {
        #expect { try ExpectedArguments(words) } throws: { "\($0)".contains(problem) }
    }
}
