import FlumeWire
import Foundation
import Testing

@Suite("arguments")
struct ArgumentsTests {
    struct Email: Codable, Equatable {
        var userID: Int
        var template: String
        var note: String?
        var copies: [String]?
    }

    struct Empty: Codable, Equatable {}

    struct Nested: Codable, Equatable {
        struct Size: Codable, Equatable {
            var width: Int
            var height: Double?
        }

        var sizes: [Size]
        var names: [String: Int]
        var flag: Bool?
    }

    enum Color: String, Codable { case red, green }

    private func encode(_ value: some Encodable) throws -> String {
        String(decoding: try ArgumentsEncoder().encode(value), as: UTF8.self)
    }

    private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try ArgumentsDecoder(Array(text.utf8)[...]).decode(type)
    }

    private func message<T: Decodable>(_ type: T.Type, _ text: String) -> String {
        let error = #expect(throws: ArgumentsError.self) { try decode(type, text) }
        return error?.message ?? ""
    }

    @Test("a struct is the parameter list, in the order of its properties")
    func positional() throws {
        let email = Email(userID: 42, template: "hello", note: "x", copies: ["a"])
        #expect(try encode(email) == #"[42,"hello","x",["a"]]"#)
        #expect(try decode(Email.self, #" [ 42 , "hello","x",["a"] ] "#) == email)
    }

    @Test("nil is null in its place; missing trailing optionals are nil")
    func optionals() throws {
        let email = Email(userID: 42, template: "hello", note: nil, copies: ["a"])
        #expect(try encode(email) == #"[42,"hello",null,["a"]]"#)
        #expect(try decode(Email.self, #"[42,"hello",null,["a"]]"#) == email)
        let short = Email(userID: 42, template: "hello", note: nil, copies: nil)
        #expect(try encode(short) == #"[42,"hello",null,null]"#)
        for text in [#"[42,"hello"]"#, #"[42,"hello",null]"#, #"[42,"hello",null,null]"#] {
            #expect(try decode(Email.self, text) == short)
        }
    }

    @Test("a wrong count is an error that says so")
    func arity() {
        #expect(message(Email.self, #"[42,"a",null,null,5,6]"#) == "args: 6 arguments were given, expected 4")
        #expect(message(Email.self, "[42]") == "args[1] (template): missing; 1 argument was given")
        #expect(message(Email.self, "[]") == "args[0] (userID): missing; 0 arguments were given")
        #expect(message(Empty.self, "[1]") == "args: 1 argument was given, expected 0")
    }

    @Test("a wrong type is an error that names position, expectation and finding")
    func types() {
        #expect(message(Email.self, #"["x","a"]"#) == #"args[0] (userID): expected Int, found a string: "x""#)
        #expect(message(Email.self, "[1,2]") == "args[1] (template): expected String, found a number: 2")
        #expect(message(Email.self, "[null,2]") == "args[0] (userID): expected Int, found null")
        #expect(message(Email.self, #"[1,"a",true]"#) == "args[2] (note): expected String, found true or false: true")
        #expect(
            message(Email.self, #"[1,"a",null,["x",2]]"#) == "args[3] (copies)[1]: expected String, found a number: 2")
        #expect(
            message(Nested.self, #"[[{"width":1},{"width":"w"}],{}]"#)
                == #"args[0] (sizes)[1].width: expected Int, found a string: "w""#)
        #expect(message(Nested.self, "[[{}],{}]") == #"args[0] (sizes)[0]: the object has no key "width": {}"#)
        #expect(message(Nested.self, "[5,{}]") == "args[0] (sizes): expected an array, found a number: 5")
    }

    @Test("integers are exact: no fraction, no overflow, no true")
    func integers() throws {
        #expect(message([Int].self, "[3.0]") == "args[0]: expected Int, found a number: 3.0")
        #expect(message([Int].self, "[1e2]") == "args[0]: expected Int, found a number: 1e2")
        #expect(message([Int].self, "[true]") == "args[0]: expected Int, found true or false: true")
        #expect(message([Int].self, "[9223372036854775808]") == "args[0]: 9223372036854775808 does not fit in Int")
        #expect(message([UInt8].self, "[256]") == "args[0]: 256 does not fit in UInt8")
        #expect(message([UInt].self, "[-1]") == "args[0]: -1 does not fit in UInt")
        #expect(try decode([Int].self, "[9223372036854775807,-9223372036854775808,-0]") == [.max, .min, 0])
        #expect(try decode([UInt64].self, "[18446744073709551615]") == [.max])
        #expect(try decode([Double].self, "[3,3.5,1.0e+20,-0.0,1e-400]") == [3, 3.5, 1e20, 0, 0])
        #expect(message([Double].self, "[1e400]") == "args[0]: 1e400 does not fit in Double")
        #expect(message([Bool].self, "[1]") == "args[0]: expected Bool, found a number: 1")
    }

    @Test("objects and arrays inside are read and written; nil members are left out there")
    func nested() throws {
        let nested = Nested(
            sizes: [.init(width: 1, height: 2.5), .init(width: 3, height: nil)], names: ["a": 1], flag: nil)
        #expect(try encode(nested) == #"[[{"width":1,"height":2.5},{"width":3}],{"a":1},null]"#)
        #expect(
            try decode(Nested.self, #"[[{"width":0,"height":2.5,"width":1},{"width":3,"height":null}],{"a":1}]"#)
                == nested)
    }

    @Test("floats keep a fraction; NaN and infinities are refused with the position")
    func floats() throws {
        #expect(try encode([1.0, 1e20, -0.0, 0.1]) == "[1.0,1e+20,-0.0,0.1]")
        struct Job: Encodable {
            var a = 1
            var ratio: Double
        }
        for value in [Double.nan, .infinity, -.infinity] {
            let error = #expect(throws: ArgumentsError.self) { try encode(Job(ratio: value)) }
            #expect(error?.code == .notStorable)
            #expect(error?.position == 1)
            #expect(error?.message.hasPrefix("args[1] (ratio): \(value) cannot be stored") == true)
        }
    }

    @Test("an empty struct takes no arguments, an array all of them, a single value the only one")
    func shapes() throws {
        #expect(try encode(Empty()) == "[]")
        #expect(try decode(Empty.self, "[]") == Empty())
        #expect(try encode([1, 2]) == "[1,2]")
        #expect(try encode(Color.red) == #"["red"]"#)
        #expect(try decode(Color.self, #"["red"]"#) == .red)
        #expect(try encode(5) == "[5]")
        #expect(try decode(Int.self, "[5]") == 5)
        #expect(message(Int.self, "[5,6]") == "args: 2 arguments were given, expected 1")

        #expect(try encode(JSONValue.array([1, "a"])) == #"[1,"a"]"#)
        #expect(try decode(JSONValue.self, #"[1,"a"]"#) == [1, "a"])
    }

    @Test("an enum refuses an unknown case with its position")
    func enums() {
        struct Job: Codable {
            var a: Int
            var color: Color
        }
        #expect(message(Job.self, #"[1,"blue"]"#).hasPrefix("args[1] (color): "))
    }

    @Test("JSON values inside a struct keep the text of their numbers")
    func rawValues() throws {
        struct Job: Codable, Equatable {
            var any: JSONValue
            var rest: [JSONValue]?
        }
        let text = "[123456789012345678901234567890,[1.0e+20,-0.0,{\"b\":1,\"a\":null}]]"
        #expect(try encode(decode(Job.self, text)) == text)
        #expect(try decode(Job.self, "[null]") == Job(any: .null, rest: nil))
    }

    @Test("dates are refused both ways; URLs, decimals, data and UUIDs have plain forms")
    func foundation() throws {
        struct Job: Codable, Equatable {
            var url: URL
            var price: Decimal
            var data: Data
            var id: UUID
        }
        let job = Job(
            url: try #require(URL(string: "https://example.org/a?b=c")),
            price: try #require(Decimal(string: "12.340000001")),
            data: Data([1, 2, 255]), id: try #require(UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")))
        let text = #"["https://example.org/a?b=c",12.340000001,"AQL/","E621E1F8-C36C-495A-93FC-0C247A3E6E5F"]"#
        #expect(try encode(job) == text)
        #expect(try decode(Job.self, text) == job)
        let digits = String(repeating: "1", count: 30) + "." + String(repeating: "0", count: 60) + "1e2"
        #expect(try decode([Decimal].self, "[\(digits)]") == [#require(Decimal(string: digits))])
        struct Late: Codable { var at: Date }
        let error = #expect(throws: ArgumentsError.self) { try encode(Late(at: Date(timeIntervalSince1970: 0))) }
        #expect(error?.message.hasPrefix("args[0] (at): Date has no form") == true)
        #expect(message(Late.self, "[0]").hasPrefix("args[0] (at): Date has no form"))
    }

    @Test("single arguments are read by position, optionals may be missing")
    func single() throws {
        let decoder = try ArgumentsDecoder(Array(#"[1,"two",3.5,null,true,[1],{"width":2}]"#.utf8)[...])
        #expect(decoder.count == 7)
        #expect(try decoder.decode(Int.self, position: 0) == 1)
        #expect(try decoder.decode(String.self, position: 1) == "two")
        #expect(try decoder.decode(Double.self, position: 2) == 3.5)
        #expect(try decoder.decode(Int?.self, position: 3) == nil)
        #expect(try decoder.decode(Int?.self, position: 0) == 1)
        #expect(try decoder.decode(Bool.self, position: 4) == true)
        #expect(try decoder.decode([Int].self, position: 5) == [1])
        #expect(try decoder.decode(Nested.Size.self, position: 6) == .init(width: 2, height: nil))
        #expect(try decoder.decode(String?.self, position: 7) == nil)
        #expect(try decoder.decode(JSONValue.self, position: 2) == 3.5)
        let missing = #expect(throws: ArgumentsError.self) { try decoder.decode(Int.self, position: 7) }
        #expect(missing?.message == "args[7]: missing; 7 arguments were given, expected Int here")
        #expect(missing?.position == 7)
        #expect(throws: ArgumentsError.self) { try decoder.decode(Int.self, position: -1) }
        try decoder.checkCount(taken: 7)
        #expect(throws: ArgumentsError.self) { try decoder.checkCount(taken: 6) }
    }

    @Test("a class hierarchy takes its superclass's positions first")
    func inheritance() throws {
        class Base: Codable {
            var a: Int
            init(a: Int) { self.a = a }
        }
        final class Derived: Base {
            var b: String
            init(a: Int, b: String) {
                self.b = b
                super.init(a: a)
            }
            enum Keys: CodingKey { case b }
            required init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                b = try container.decode(String.self, forKey: .b)
                try super.init(from: container.superDecoder())
            }
            override func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(b, forKey: .b)
                try super.encode(to: container.superEncoder())
            }
        }
        #expect(try encode(Derived(a: 1, b: "x")) == #"["x",1]"#)
        let derived = try decode(Derived.self, #"["x",1]"#)
        #expect(derived.a == 1)
        #expect(derived.b == "x")
    }

    @Test("nested containers that stay open are put in their places")
    func openContainers() throws {
        struct Odd: Encodable {
            enum Keys: CodingKey { case a, b, c }
            func encode(to encoder: any Encoder) throws {
                var root = encoder.container(keyedBy: Keys.self)
                var first = root.nestedUnkeyedContainer(forKey: .a)
                var second = root.nestedContainer(keyedBy: Keys.self, forKey: .b)
                try root.encode(3, forKey: .c)
                try second.encode("y", forKey: .b)
                try first.encode(1)
                try first.encode(2)
            }
        }
        #expect(try encode(Odd()) == #"[[1,2],{"b":"y"},3]"#)
        #expect(try encode([Odd()]) == #"[{"a":[1,2],"b":{"b":"y"},"c":3}]"#)
    }

    @Test("endless nesting is refused, not followed")
    func recursion() {
        struct Endless: Encodable {
            var again: [Endless] { [Endless()] }
            enum Keys: CodingKey { case again }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(again, forKey: .again)
            }
        }
        let error = #expect(throws: ArgumentsError.self) { try encode(Endless()) }
        #expect(error?.code == .notStorable)
    }

    @Test("the deepest arguments that can be written can be read in a payload")
    func deepest() throws {
        struct Deep: Codable {
            var inner: [Deep]
        }
        var deep = Deep(inner: [])
        // Each level is an object and an array.
        for _ in 0..<47 { deep = Deep(inner: [deep]) }
        let bytes = try ArgumentsEncoder().encode([deep])
        let payload = JobPayload(jobClass: "A", encodedArguments: bytes)
        try payload.checkStorable()
        _ = try ArgumentsDecoder(payload).decode([Deep].self)
        deep = Deep(inner: [Deep(inner: [deep])])
        #expect(throws: ArgumentsError.self) { try encode([deep]) }
    }

    @Test("raw arguments that are no JSON array are refused", arguments: ["", "{}", "5", "[1", "[1] 2", "null"])
    func refused(text: String) {
        let error = #expect(throws: ArgumentsError.self) { try ArgumentsDecoder(Array(text.utf8)[...]) }
        #expect(error?.code == .notAnArray)
    }

    @Test("captured Ruby arguments are read by a Swift type", arguments: Fixture.sidekiqs)
    func captured(version: String) throws {
        struct Plain: Decodable, Equatable {
            var one: Int
            var two: String
            var three: Double
            var nothing: Int?
            var yes: Bool
            var no: Bool
            var object: [String: JSONValue]
            var list: [Int]
        }
        let payload = try JobPayload(parsing: Fixture.job("sidekiq-\(version)", "pushed.queue_default.plain"))
        let plain = try ArgumentsDecoder(payload).decode(Plain.self)
        #expect(
            plain
                == Plain(
                    one: 1, two: "two", three: 3.5, nothing: nil, yes: true, no: false,
                    object: ["k": [1, ["z": nil]], "a": [:]], list: []))
    }
}
