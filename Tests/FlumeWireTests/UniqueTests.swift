import FlumeWire
import Testing

@Suite("Unique jobs on the wire")
struct UniqueTests {
    private static let now = Timestamp(microseconds: 1_795_258_158_500_000)

    private func payload(_ args: String, _ more: String = "", jobClass: String = "SyncUser") throws -> JobPayload {
        try JobPayload(
            parsing: Array(#"{"class":"\#(jobClass)","args":\#(args),"queue":"default","jid":"j"\#(more)}"#.utf8))
    }

    private func token(_ args: String, jobClass: String = "SyncUser") throws -> String {
        UniqueToken.make(for: try payload(args, jobClass: jobClass))
    }

    /// Made with Ruby 3.1: `Digest::SHA256.base64digest(JSON.generate([queue, job_class, args]))`.
    @Test(
        "the token of a job that names none is the one that Ruby computes from the same values",
        arguments: [
            ("[42]", "pb7b8s/AgtrkB/ScRpzyUi3kDOqerB62+pAWnnx0fMI="),
            (#"[42,"a/b\u0001é\"\\\n",null,1.5,true]"#, "aIBO7+EasyhkH5YVgrJw6ArqO3x87dagYOhwtTNNKvU="),
        ])
    func vectors(_ args: String, _ expected: String) throws {
        #expect(try token(args) == expected)
    }

    @Test("blanks, escapes and the order of keys make no other token")
    func canonical() throws {
        let args = #"[{"b":[{"y":1,"x":"é"}],"a":null},"/"]"#
        for same in [
            #" [ { "b" : [ {"y":1, "x":"é"} ], "a":null }, "/" ] "#, #"[{"a":null,"b":[{"x":"\u00e9","y":1}]},"\/"]"#,
        ] {
            #expect(try token(same) == token(args), "\(same)")
        }
    }

    @Test("another queue, class, argument, number or order makes another token")
    func different() throws {
        let tokens = try [
            token("[1]"), token("[1.0]"), token(#"["1"]"#), token("[1,null]"), token("[]"), token("[[1]]"),
            token("[1,2]"), token("[2,1]"), token("[1]", jobClass: "Other"), token(#"[{"a":1}]"#),
            UniqueToken.make(for: JobPayload(jobClass: "SyncUser", arguments: [1], queue: "other")),
        ]
        #expect(Set(tokens).count == tokens.count)
    }

    @Test("of a job of ActiveJob the token is that of its own class and arguments, which its envelope is not")
    func activeJob() throws {
        func envelope(_ id: String) -> String {
            #"[{"job_class":"RailsJob","job_id":"\#(id)","queue_name":"default","arguments":[1,"x"],"executions":0}]"#
        }
        for wrapper in JobPayload.activeJobWrappers {
            #expect(
                try token(envelope("one"), jobClass: wrapper) == token(envelope("two"), jobClass: wrapper), "\(wrapper)"
            )
            #expect(
                try token(envelope("one"), jobClass: wrapper) == token(#"[1,"x"]"#, jobClass: "RailsJob"),
                "\(wrapper)")
        }
    }

    @Test("a push adds what Exq stores, and says for how long the lock is to last")
    func completing() throws {
        var job = try payload("[42]", #","unique_for":3600"#)
        let due = Self.now.advanced(bySeconds: 1800)
        let taken = try #require(try job.completeUnique(due: due, now: Self.now))
        #expect(taken.milliseconds == 5_400_000)
        #expect(taken.lock == UniqueLock(token: "pb7b8s/AgtrkB/ScRpzyUi3kDOqerB62+pAWnnx0fMI=", jid: "j"))
        #expect(
            job.description.hasSuffix(
                #","unique_for":3600,"unique_until":"success","#
                    + #""unique_token":"pb7b8s/AgtrkB/ScRpzyUi3kDOqerB62+pAWnnx0fMI=","unlocks_at":1795263558.5}"#))
        #expect(job.lock == taken.lock && job.uniqueFor == 3600 && job.uniqueUntil == .success)
        #expect(job.unlocksAt?.seconds == 1_795_263_558.5)
        // Whoever pushes it again takes the lock for a new time.
        let again = try #require(try job.completeUnique(due: due.advanced(bySeconds: 1), now: Self.now))
        #expect(again.milliseconds == 5_401_000 && again.lock == taken.lock)
    }

    @Test("a payload that says nothing of it, or says no, is not unique", arguments: ["", "null", "false"])
    func notUnique(_ value: String) throws {
        var job = try payload("[]", value.isEmpty ? "" : #","unique_for":\#(value)"#)
        let before = job
        #expect(try job.completeUnique(due: Self.now, now: Self.now) == nil)
        #expect(job == before && job.lock == nil)
    }

    @Test(
        "a field without meaning is refused by its name",
        arguments: [
            ("unique_for", #","unique_for":0"#), ("unique_for", #","unique_for":-1"#),
            ("unique_for", #","unique_for":"60""#), ("unique_for", #","unique_for":true"#),
            ("unique_for", #","unique_for":1e300"#),
            ("unique_until", #","unique_for":1,"unique_until":"later""#),
            ("unique_until", #","unique_for":1,"unique_until":1"#),
            ("unique_token", #","unique_for":1,"unique_token":"""#),
            ("unique_token", #","unique_for":1,"unique_token":7"#),
        ])
    func refused(_ field: String, _ more: String) throws {
        var job = try payload("[]", more)
        let error = #expect(throws: PayloadError.self) { try job.completeUnique(due: Self.now, now: Self.now) }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("\"\(field)\"") == true, "\(error?.message ?? "")")
    }

    @Test("the shortest span is a millisecond, which Redis can keep")
    func short() throws {
        var job = try payload("[]", #","unique_for":0.0000001"#)
        #expect(try job.completeUnique(due: Self.now, now: Self.now)?.milliseconds == 1)
    }

    @Test("making a payload unique replaces what it said of it, a token it had included")
    func making() throws {
        var job = try payload("[]", #","unique_for":1,"unique_token":"old","unique_until":"start""#)
        job.makeUnique(Uniqueness(for: .milliseconds(90_500), until: .expiry))
        #expect(job["unique_for"] == .double(90.5) && job.uniqueUntil == .expiry && job.uniqueToken == nil)
        job.makeUnique(Uniqueness(for: .seconds(60), token: "new"))
        #expect(job["unique_for"] == 60 && job.uniqueUntil == .success && job.uniqueToken == "new")
    }

    @Test("Exq's unique jobs are read as it wrote them, before and after a failure")
    func captured() throws {
        let jobs = try Fixture.jobs("exq-0.23").compactMap { try? JobPayload(parsing: $0.bytes) }
            .filter { $0["unique_for"] != nil }
        #expect(jobs.count > 10)
        for job in jobs {
            #expect(job.lock?.jid == job.jid && job.lock != nil, "\(job)")
            #expect(job.uniqueUntil?.rawValue == job["unique_until"]?.string, "\(job)")
            let span = try #require(job.uniqueFor)
            let (unlocks, enqueued) = try (#require(job.unlocksAt), #require(job.enqueuedAt))
            #expect(abs(unlocks.seconds - enqueued.seconds - span) < 0.001, "\(job)")
        }
        #expect(jobs.contains { $0.uniqueToken == "bulk-token" })
    }
}
