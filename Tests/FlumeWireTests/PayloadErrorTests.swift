import FlumeWire
import Testing

@Suite("what is not a job")
struct PayloadErrorTests {
    @Test(
        "is refused with its kind and place",
        arguments: [
            ("", PayloadError.Code.notJSON, 0), ("  ", .notJSON, 0), ("{\"class\":\"A\",\"args\":[1", .notJSON, 22),
            ("{\"class\":\"A\"} x", .notJSON, 14), ("[1,2,3]", .notAnObject, 0), (" \"x\"", .notAnObject, 1),
            ("5", .notAnObject, 0), ("null", .notAnObject, 0), ("nul", .notJSON, 0), ("[1", .notJSON, 2),
            ("{\"class\":NaN}", .notJSON, 9), ("\u{FEFF}{\"class\":\"A\"}", .notJSON, 0), ("{}", .missingClass, nil),
            ("{\"args\":[]}", .missingClass, nil), ("{\"class\":null}", .missingClass, 9),
            ("{\"class\":5}", .invalidClass, 9), ("{\"class\":\"\"}", .invalidClass, 9),
            ("{\"class\":\"A\",\"class\":[]}", .invalidClass, 21), ("{\"class\":\"A\tB\"}", .notJSON, 11),
        ] as [(String, PayloadError.Code, Int?)])
    func refused(text: String, code: PayloadError.Code, offset: Int?) {
        let error = #expect(throws: PayloadError.self) { try JobPayload(parsing: Array(text.utf8)) }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.offset == offset, "\(String(describing: error))")
        #expect(error?.message.isEmpty == false)
    }

    @Test("a hundred levels are read, one more is not: Ruby's limit")
    func depth() throws {
        func payload(_ levels: Int) -> [UInt8] {
            let inner = levels - 1
            return Array(
                ("{\"class\":\"A\",\"args\":" + String(repeating: "[", count: inner)
                    + String(repeating: "]", count: inner) + "}")
                    .utf8)
        }
        _ = try JobPayload(parsing: payload(100))
        let error = #expect(throws: PayloadError.self) { try JobPayload(parsing: payload(101)) }
        #expect(error?.code == .tooDeep)
        _ = try JobPayload(parsing: payload(128), limits: PayloadLimits(maximumDepth: 1000))
        #expect(throws: PayloadError.self) {
            try JobPayload(parsing: payload(129), limits: PayloadLimits(maximumDepth: 1000))
        }
    }

    @Test("a million levels are refused without a trap, as payload and as value")
    func absurdDepth() {
        let brackets = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = #expect(throws: PayloadError.self) {
            try JobPayload(parsing: Array("{\"class\":\"A\",\"args\":".utf8) + brackets)
        }
        #expect(error?.code == .tooDeep)
        #expect(throws: PayloadError.self) { try JobPayload(parsing: brackets) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: brackets) }
        #expect(throws: ArgumentsError.self) { try ArgumentsDecoder(brackets[...]) }
    }

    @Test("64 MB are refused by their size alone")
    func absurdSize() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 64 << 20)
        let clock = ContinuousClock()
        let time = clock.measure {
            let error = #expect(throws: PayloadError.self) { try JobPayload(parsing: bytes) }
            #expect(error?.code == .tooLarge)
        }
        #expect(time < .milliseconds(100))
    }

    @Test("a value deeper than Ruby reads is written without a trap and found by the check of a push")
    func deepValue() {
        var value: JSONValue = 1
        for _ in 0..<200 { value = [value] }
        let payload = JobPayload(jobClass: "A", arguments: [value])
        let error = #expect(throws: PayloadError.self) { try payload.checkStorable() }
        #expect(error?.code == .tooDeep)
    }

    @Test("args that are not an array are the job's failure, and nothing a push may write")
    func wrongArguments() throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"A","args":{"a":1}}"#.utf8))
        let error = #expect(throws: PayloadError.self) { try payload.arguments() }
        #expect(error?.code == .invalidArguments)
        #expect(error?.offset == 20)
        #expect(throws: ArgumentsError.self) { try ArgumentsDecoder(payload) }
        #expect(throws: PayloadError.self) { try payload.checkStorable() }
    }

    @Test("args that are absent or null are no arguments, as in Ruby", arguments: ["", ",\"args\":null"])
    func noArguments(field: String) throws {
        let payload = try JobPayload(parsing: Array("{\"class\":\"A\"\(field)}".utf8))
        #expect(try payload.arguments() == [])
        #expect(try ArgumentsDecoder(payload).count == 0)
    }
}
