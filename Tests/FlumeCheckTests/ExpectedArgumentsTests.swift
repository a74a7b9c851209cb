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
        "words that make no sense are refused with what can be written",
        arguments: [
            ("A", "a class and its arguments"), ("(Int)", "a class and its arguments"),
            ("A(Integer)", #""Integer" is no type here; write Int, String"#),
            ("A(Int String)", "',' is expected, not 'S'"),
            ("A([Int)", "']' is expected, not the end"), ("A(Int,)", #""" is no type here"#),
            ("A([Int: Int])", "']' is expected, not ':'"),
        ])
    func refused(words: String, problem: String) {
        #expect { try ExpectedArguments(words) } throws: { "\($0)".contains(problem) }
    }
}
