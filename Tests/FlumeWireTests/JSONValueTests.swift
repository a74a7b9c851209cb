import FlumeWire
import Foundation
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("literals make the values they look like")
    func literals() {
        let value: JSONValue = [1, 2.5, "a", true, nil, ["k": [], "b": [:]]]
        #expect(value.description == #"[1,2.5,"a",true,null,{"k":[],"b":{}}]"#)
    }

    @Test("only quote, backslash and controls are escaped, as Ruby does")
    func escapes() {
        #expect(
            JSONValue.string("é/\u{7F}\u{2028}<\"\\\u{8}\t\n\u{C}\r\u{0}\u{1F}").description
                == "\"é/\u{7F}\u{2028}<\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f\"")
    }

    @Test("a random value read, written and read again is the same")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomJSON(seed: seed)
        for _ in 0..<2000 {
            let text = random.value()
            let value = try JSONValue(parsing: Array(text.utf8))
            #expect(try JSONValue(parsing: value.json) == value, "seed \(seed): \(text)")
        }
    }

    @Test("numbers are made of text only if they are numbers")
    func numbers() {
        #expect(JSONNumber("1.0e+20")?.text == "1.0e+20")
        #expect(JSONNumber("-0")?.int == 0)
        #expect(JSONNumber("3.0")?.int == nil)
        #expect(JSONNumber("123456789012345678901234567890")?.int == nil)
        for text in ["", "01", "1.", "NaN", "1 ", "true", "-", "\"1\""] { #expect(JSONNumber(text) == nil, "\(text)") }
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(-Double.infinity) == nil)
        #expect(JSONNumber(1e20)?.isInteger == false)
        #expect(JSONNumber(3.0)?.text == "3.0")
    }

    @Test("objects are equal in any order, keep theirs, and hash alike")
    func objects() {
        let left: JSONValue = ["a": 1, "b": 2]
        let right: JSONValue = ["b": 2, "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left.description != right.description)
        var object: JSONObject = ["a": 1, "a": 2]
        #expect(object.count == 1)
        object["a"] = nil
        object["c"] = 3
        #expect(JSONValue.object(object).description == #"{"c":3}"#)
        let many = JSONObject((0..<100).map { .init(key: "\($0 % 50)", value: .int($0)) })
        #expect(many.count == 50)
        #expect(many["7"] == 57)
    }

    @Test("values go through Foundation's coders too")
    func codable() throws {
        let value: JSONValue = ["a": [1, 2.5, nil, true, "x"], "b": [:], "c": "d"]
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
        #expect(try JSONValue(parsing: [UInt8](data)) == value)
    }

    @Test("invalid UTF-8 is found wherever it is, at every distance from a word boundary")
    func utf8() {
        let bad: [[UInt8]] = [
            [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5],
            [0xE2, 0x82],
            [0xF0, 0x9F, 0x98],
        ]
        let good: [[UInt8]] = [[0xC3, 0xA9], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0xED, 0x9F, 0xBF]]
        for before in 0..<10 {
            for after in 0..<10 {
                let head = [UInt8](repeating: 0x61, count: before)
                let tail = [UInt8](repeating: 0x62, count: after)
                for middle in bad {
                    #expect(!UTF8Repair.isValid(head + middle + tail))
                    #expect(UTF8Repair.isValid(UTF8Repair.repaired(head + middle + tail)))
                }
                for middle in good { #expect(UTF8Repair.isValid(head + middle + tail)) }
            }
        }
    }

    @Test("keys that only look the same are two, as in Ruby", arguments: [0, 30])
    func exactKeys(others: Int) throws {
        let (one, two) = ("caf\u{e9}", "cafe\u{301}")
        let more = (0..<others).map { "\"\($0)\":0," }.joined()
        let text = "{\(more)\"\(one)\":1,\"\(two)\":2}"
        let value = try JSONValue(parsing: Array(text.utf8))
        var object = try #require(value.object)
        #expect(object.count == others + 2)
        #expect(object[one] == 1 && object[two] == 2)
        #expect(Array(value.description.utf8) == Array(text.utf8))
        let other = try JSONValue(parsing: Array("{\(more)\"\(two)\":1,\"\(one)\":2}".utf8))
        #expect(value != other)
        #expect(JSONObject.Member(key: one, value: 1) != JSONObject.Member(key: two, value: 1))
        object[two] = 3
        object[one] = nil
        #expect(object[one] == nil && object[two] == 3)
    }

    @Test("an object is the same in any order, with keys that are not ASCII too")
    func order() throws {
        let one = try JSONValue(parsing: Array(#"{"é":1,"b":2,"":3}"#.utf8))
        let two = try JSONValue(parsing: Array(#"{"":3,"b":2,"é":1}"#.utf8))
        #expect(one == two && one.hashValue == two.hashValue)
    }
}
