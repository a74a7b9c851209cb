import Testing

@testable import FlumeWire

@Suite("editing payloads")
struct EditingTests {
    private func payload(_ text: String) throws -> JobPayload {
        try JobPayload(parsing: Array(text.utf8))
    }

    @Test("random edits of random payloads change the named field and nothing else")
    func randomEdits() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomJSON(seed: seed)
        for round in 0..<2000 {
            let text = random.payload()
            var payload: JobPayload
            do { payload = try self.payload(text) } catch {
                // A random "class" may be shadowed only by a broken one; the generator writes one class.
                Issue.record("seed \(seed) round \(round): \(error) in \(text)")
                return
            }
            var model = try JSONValue(parsing: payload.bytes).object ?? [:]
            for _ in 0..<random.number(1..<6) {
                let key = random.pick(["jid", "queue", "custom", "new", "é", "a\"b", "", "retry_count", "args", "tags"])
                if random.number(0..<3) == 0 {
                    payload.remove(key)
                    model[key] = nil
                } else {
                    let raw = random.value()
                    try payload.set(key, toJSON: Array(raw.utf8))
                    model[key] = try JSONValue(parsing: Array(raw.utf8))
                }
                let comment: Comment = "seed \(seed) round \(round): \(key) in \(text) gave \(payload)"
                // Read anew, it must be valid JSON with the same members; what is remembered must agree with it.
                let again = try JobPayload(parsing: payload.bytes)
                #expect(try JSONValue(parsing: payload.bytes).object == model, comment)
                for member in model.members {
                    #expect(payload.rawValue(member.key) == again.rawValue(member.key), comment)
                    #expect(payload[member.key] == member.value, comment)
                }
                #expect(payload.jid == again.jid && payload.retryCount == again.retryCount, comment)
            }
        }
    }

    @Test("truncated and damaged payloads never trap, whatever is asked of them")
    func damage() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomJSON(seed: seed)
        for _ in 0..<3000 {
            var bytes = Array(random.payload().utf8)
            for _ in 0..<random.number(0..<4) where !bytes.isEmpty {
                let place = random.number(0..<bytes.count)
                if random.number(0..<2) == 0 {
                    bytes[place] = UInt8(truncatingIfNeeded: random.number(0..<256))
                } else {
                    bytes.removeLast(bytes.count - place)
                }
            }
            guard var payload = try? JobPayload(parsing: bytes) else { continue }
            _ = (
                payload.displayName, payload.retry, payload.createdAt, payload.tags, payload.backtrace, payload.retryFor
            )
            _ = try? payload.arguments()
            payload.set("queue", to: "q")
            payload.remove("args")
            #expect(payload.isValidUTF8, "seed \(seed)")
            #expect(throws: Never.self, "seed \(seed)") { try JSONValue(parsing: payload.bytes) }
        }
    }

    @Test("white space, comments, escapes and number forms around an edit stay")
    func keepsForm() throws {
        var payload = try payload(#" { "class" : "A" , "x":1.0e+20 /* c */, "queue" : "a", "y":"\u00e9\/" } "#)
        payload.set("queue", to: "b")
        payload.set("z", to: [])
        payload.remove("x")
        #expect(payload.description == #" { "class" : "A" , "queue" : "b", "y":"\u00e9\/","z":[] } "#)
    }

    @Test("a key written with escapes is the same key")
    func escapedKey() throws {
        var payload = try payload(#"{"cl\u0061ss":"A","\u006aid":"x","q\u0075eue":"a"}"#)
        #expect(payload.jobClass == "A")
        #expect(payload.jid == "x")
        payload.set("queue", to: "b")
        payload.set("jid", to: "y")
        #expect(payload.description == #"{"cl\u0061ss":"A","\u006aid":"y","q\u0075eue":"b"}"#)
    }

    @Test("of duplicate keys the last is read, an edit leaves one, removal none")
    func duplicates() throws {
        var payload = try payload(#"{"queue":"a","class":"A","queue":"b","x":1,"que\u0075e":"c"}"#)
        #expect(payload.queue == "c")
        var edited = payload
        edited.set("queue", to: "d")
        #expect(edited.description == #"{"class":"A","x":1,"que\u0075e":"d"}"#)
        payload.remove("queue")
        #expect(payload.description == #"{"class":"A","x":1}"#)
    }

    @Test(
        "duplicates go with their commas, wherever they stand",
        arguments: [
            (#"{"class":"A","at":1,"at":2}"#, #"{"class":"A"}"#, #"{"class":"A","at":9}"#),
            (#"{"at":1,"at":2,"class":"A"}"#, #"{"class":"A"}"#, #"{"at":9,"class":"A"}"#),
            (#"{"at":1, "class":"A", "at":2 }"#, #"{"class":"A" }"#, #"{"class":"A", "at":9 }"#),
            (#"{"at":1,"b":1,"at":2,"at":3,"c":2,"at":4}"#, #"{"b":1,"c":2}"#, #"{"b":1,"c":2,"at":9}"#),
            (
                #"{"at":1/*,*/,"b":1 ,/*"*/ "at":2 , "c":3}"#, #"{"b":1 ,/*"*/ "c":3}"#,
                #"{"b":1 ,/*"*/ "at":9 , "c":3}"#
            ),
            (#"{ "at":1, "at":2 }"#, "{  }", #"{ "at":9 }"#),
        ])
    func duplicatesAnywhere(text: String, removed: String, replaced: String) throws {
        let payload = JobPayload(trusting: Array(text.utf8))
        var edited = payload
        edited.remove("at")
        #expect(edited.description == removed)
        edited = payload
        edited.set("at", to: 9)
        #expect(edited.description == replaced)
    }

    @Test("a field that is there a hundred thousand times is cut in one pass, not in one for each")
    func manyDuplicates() throws {
        let payload = try payload(#"{"class":"A""# + String(repeating: #","at":0"#, count: 100_000) + "}")
        var edited = payload
        edited.remove("at")
        #expect(edited.description == #"{"class":"A"}"#)
        edited = payload
        edited.set("at", to: 1)
        #expect(edited.description == #"{"class":"A","at":1}"#)
    }

    @Test("the only member can be removed, and one added again")
    func onlyMember() throws {
        var payload = try payload(#"{ "class":"A" }"#)
        payload.remove("class")
        #expect(payload.description == "{  }")
        payload.set("class", to: "B")
        #expect(payload.description == #"{"class":"B"  }"#)
    }

    @Test("an edit repairs invalid UTF-8, which Ruby could not write again; reading does not")
    func invalidUTF8() throws {
        let bytes = Array(#"{"class":"A","args":["a"#.utf8) + [0xFF, 0xC3] + Array(#"b"],"jid":"x"}"#.utf8)
        var payload = try JobPayload(parsing: bytes)
        #expect(payload.bytes == bytes)
        #expect(!payload.isValidUTF8)
        #expect(payload.jid == "x")
        #expect(payload.repairingUTF8().isValidUTF8)
        payload.set("queue", to: "q")
        #expect(
            payload.description == "{\"class\":\"A\",\"args\":[\"a\u{FFFD}\u{FFFD}b\"],\"jid\":\"x\",\"queue\":\"q\"}")
        #expect(payload.isValidUTF8)
    }

    @Test(
        "raw JSON that is none is refused and changes nothing",
        arguments: ["", "1 2", "[1", "{\"a\":}", "nul", "\"a\nb\""])
    func refusesRaw(raw: String) throws {
        var payload = try payload(#"{"class":"A"}"#)
        let error = #expect(throws: PayloadError.self) { try payload.set("x", toJSON: Array(raw.utf8)) }
        #expect(error?.code == .invalidValue)
        #expect(payload.description == #"{"class":"A"}"#)
    }

    @Test("a new job has the keys in Sidekiq 8's order")
    func newJob() throws {
        let bare = JobPayload(jobClass: "LegacyRubyJob", arguments: [1, ["a": true]], queue: "ruby")
        #expect(bare.description == #"{"retry":true,"queue":"ruby","args":[1,{"a":true}],"class":"LegacyRubyJob"}"#)
        let full = JobPayload(
            jobClass: "A", arguments: [], retry: .limit(5), options: ["backtrace": 4, "queue": "ignored"], jid: "x",
            createdAt: Timestamp(microseconds: 1_500_000),
            enqueuedAt: Timestamp(microseconds: 2_000_000, unit: .milliseconds))
        #expect(
            full.description
                == #"{"retry":5,"queue":"default","backtrace":4,"args":[],"class":"A","jid":"x","created_at":1.5,"enqueued_at":2000}"#
        )
        #expect(full.jid == "x")
        try full.checkStorable()
        #expect(JobPayload(jobClass: "A", retry: .none).retry == .none)
        #expect(JobPayload(jobClass: "A", retry: .absent).description == #"{"queue":"default","args":[],"class":"A"}"#)
    }

    @Test(
        "what a push adds goes into the object, whatever comments are around its end",
        arguments: [
            (#"{"class":"A","args":[]} /* } */"#, #"{"class":"A","args":[],X} /* } */"#),
            (#"{"class":"A","args":[]} // {"b":2}"# + "\n", #"{"class":"A","args":[],X} // {"b":2}"# + "\n"),
            (
                #"{"class":"A","args":[],"b":{"c":"}"} /* , */ , "d" : "//}"// }"# + "\n}",
                #"{"class":"A","args":[],"b":{"c":"}"} /* , */ , "d" : "//}",X// }"# + "\n}"
            ),
            (#"{"class":"A","args":[] }"#, #"{"class":"A","args":[],X }"#),
            (#"{"x":[{}],"class":"A"}"#, #"{"x":[{}],"class":"A",X}"#),
        ])
    func commented(before: String, after: String) throws {
        var payload = try payload(before)
        payload.complete(stamp: Array("1.5".utf8), isEnqueued: true) { "j" }
        let added = #""retry":true,"queue":"default","jid":"j","created_at":1.5,"enqueued_at":1.5"#
        #expect(payload.description == after.replacing("X", with: added))
        #expect(try JobPayload(parsing: payload.bytes).jid == "j")
        #expect(payload.jid == "j" && payload.enqueuedAt?.seconds == 1.5)
    }
}
