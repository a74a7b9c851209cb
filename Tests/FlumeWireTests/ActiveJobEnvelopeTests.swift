import FlumeWire
import TestSupport
import Testing

@Suite("the envelope of ActiveJob")
struct ActiveJobEnvelopeTests {
    private func envelope(_ version: String, _ name: String) throws -> ActiveJobEnvelope {
        try ActiveJobEnvelope(JobPayload(parsing: try Fixture.job("sidekiq-\(version)", name)))
    }

    @Test("the fields are read, whoever wrote the envelope", arguments: ["6.4.1", "7.3.9", "8.1.7"])
    func fields(version: String) throws {
        let envelope = try envelope(version, "pushed.queue_other.aj-queue-priority")
        #expect(envelope.jobClass == "PriorityJob")
        #expect(envelope.jobID?.wholeMatch(of: /[0-9a-f-]{36}/) != nil)
        #expect(envelope.providerJobID == nil)
        #expect(envelope.queueName == "other" && envelope.priority == 3)
        #expect(envelope.executions == 0 && envelope.exceptionExecutions.isEmpty)
        #expect(envelope.locale == "en" && envelope.timezone == "Europe/Berlin")
        #expect(try #require(envelope.enqueuedAt).timestamp.wholeSeconds / 100 == 17_952_534)
        #expect(envelope.scheduledAt == nil && envelope.continuation == nil && envelope.resumptions == nil)
        let retried = try self.envelope(version, "fail1.schedule.aj-AjRetryOnJob-_r_")
        #expect(retried.executions == 1 && retried.exceptionExecutions == ["[IOError]": 1])
        #expect(retried.providerJobID?.count == 24)
    }

    @Test("both names of the wrapper are known, and no other class is one")
    func wrappers() throws {
        for wrapper in ActiveJobWrapper.allCases {
            #expect(ActiveJobEnvelope.wraps(JobPayload(jobClass: wrapper.rawValue)))
        }
        #expect(!ActiveJobEnvelope.wraps(JobPayload(jobClass: "EchoJob")))
    }

    @Test(
        "a new job has the fields of Rails' own, in their order",
        arguments: [("7.3.9", ActiveJobWrapper.rails), ("8.1.7", .sidekiq)])
    func new(version: String, wrapper: ActiveJobWrapper) throws {
        let captured = try envelope(version, "pushed.queue_other.aj-queue-priority")
        let moment = try #require(captured.enqueuedAt)
        var made = try ActiveJobEnvelope(
            jobClass: "PriorityJob", arguments: ActiveJobArguments([]), wrapper: wrapper, jobID: captured.jobID,
            queue: "other", priority: 3, locale: "en", timezone: "Europe/Berlin", now: moment.timestamp
        ).payload
        #expect(try ActiveJobEnvelope(made).jobClass == "PriorityJob")
        for field in ["jid", "created_at", "locale", "enqueued_at"] {
            if let value = captured.payload[field] { made.set(field, to: value) }
        }
        // Ours has microseconds, Rails' nine digits.
        let (ours, theirs) = (RubyTime(moment.timestamp).description, moment.description)
        #expect(made.description.split(separator: ours).joined(separator: theirs) == captured.payload.description)
    }

    @Test("the next attempt is what Rails' retry_on enqueues", arguments: ["7.3.9", "8.1.7"])
    func nextAttempt(version: String) throws {
        let first = try envelope(version, "pushed.queue_aj.aj-retry-on")
        let captured = try envelope(version, "fail1.schedule.aj-AjRetryOnJob-_r_")
        let now = try #require(captured.enqueuedAt)
        let next = first.nextAttempt(counting: "[IOError]", now: now.timestamp, due: captured.scheduledAt?.timestamp)
        func isChanged(_ key: String) -> Bool {
            ["job_id", "provider_job_id", "enqueued_at", "scheduled_at"].contains(key)
        }
        let ours = try ActiveJobEnvelope(next)
        let members = try #require(next["args"]?.array?.first?.object?.members)
        #expect(members.map(\.key) == captured.payload["args"]?.array?.first?.object?.members.map(\.key))
        for member in members where !isChanged(member.key) {
            #expect(member.value == captured[member.key], "\(member.key)")
        }
        #expect(ours.jobID == first.jobID)
        #expect(ours.providerJobID == first.payload.jid)
        #expect(ours.enqueuedAt?.timestamp == now.timestamp)
        #expect(ours.scheduledAt?.timestamp == captured.scheduledAt?.timestamp)
        #expect(next.jid == nil && next.rawValue("enqueued_at") == nil)
        #expect(next.createdAt?.milliseconds == now.timestamp.milliseconds, "the unit stays")
        #expect(next.createdAt?.unit == first.payload.createdAt?.unit)
    }

    @Test("the next attempt keeps what it does not know, and nothing of Sidekiq's failures")
    func keeps() throws {
        let text =
            #"{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"J","queue":"popped","args":[{"job_class":"J","job_id":"i","#
            + #""queue_name":"own","arguments":[1.0,{"_aj_serialized":"Unknown"}],"executions":4,"exception_executions":"#
            + #"{"[A]":2,"[B]":1},"continuation":{"completed":["a"],"current":["b",1.50]},"resumptions":2,"x":[]}],"#
            + #""jid":"j","retry":3,"cattr":{"user_id":5},"extra":1e2,"created_at":1.5,"enqueued_at":2.5,"failed_at":3.5,"#
            + #""retry_count":1,"retried_at":4.5,"error_message":"m","error_class":"E","error_backtrace":"b"}"#
        let envelope = try ActiveJobEnvelope(JobPayload(parsing: Array(text.utf8)))
        #expect(envelope.resumptions == 2)
        #expect(envelope.continuation?["completed"] == ["a"])
        let next = envelope.nextAttempt(
            counting: "[B]", queue: "other", priority: 9, now: Timestamp(microseconds: 5_500_000), due: nil)
        let inner = String(decoding: try #require(next.argumentBytes), as: UTF8.self)
        #expect(
            inner
                == #"[{"job_class":"J","job_id":"i","queue_name":"other","arguments":[1.0,{"_aj_serialized":"Unknown"}],"#
                + #""executions":5,"exception_executions":{"[A]":2,"[B]":2},"continuation":{"completed":["a"],"#
                + #""current":["b",1.50]},"resumptions":2,"x":[],"provider_job_id":"j","priority":9,"#
                + #""enqueued_at":"1970-01-01T00:00:05.500000000Z"}]"#)
        #expect(
            next.description.hasSuffix(#"}],"retry":3,"cattr":{"user_id":5},"extra":1e2,"created_at":5.5}"#), "\(next)")
        #expect(next.queue == "other")
        #expect(envelope.nextAttempt(counting: "[B]", now: Timestamp(microseconds: 0), due: nil).queue == "own")
    }

    @Test("counts that are absurd neither trap nor overflow")
    func absurdCounts() throws {
        let text =
            #"{"class":"Sidekiq::ActiveJob::Wrapper","args":[{"job_class":"J","arguments":[],"#
            + #""executions":9223372036854775807,"exception_executions":{"[A]":9223372036854775807,"[B]":-5}}]}"#
        let envelope = try ActiveJobEnvelope(JobPayload(parsing: Array(text.utf8)))
        let next = try ActiveJobEnvelope(
            envelope.nextAttempt(counting: "[A]", now: Timestamp(microseconds: 0), due: nil))
        #expect(next.executions > 9_000_000_000_000_000_000)
        #expect(envelope.exceptionExecutions["[B]"] == 0)
    }

    @Test(
        "an envelope that is none is an error that says what is missing",
        arguments: [
            ("[]", "args: expected one object, as ActiveJob writes it, found []"),
            ("[1,2]", "args: expected one object, as ActiveJob writes it, found [1,2]"),
            ("[{}]", "args[0].job_class: expected the name of a class, found nothing"),
            (#"[{"job_class":7}]"#, "args[0].job_class: expected the name of a class, found 7"),
            (#"[{"job_class":"J","arguments":{}}]"#, "args[0].arguments: expected an array, found {}"),
        ])
    func broken(args: String, message: String) throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"Sidekiq::ActiveJob::Wrapper","args":\#(args)}"#.utf8))
        let error = #expect(throws: ArgumentsError.self) { try ActiveJobEnvelope(payload).arguments() }
        #expect(error?.message == message)
    }

    @Test("whatever stands in the place of a value is read or refused, and never ends the process")
    func mangled() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let jobs = try Fixture.jobs("sidekiq-8.1.7").filter { $0.name.contains("aj-") || $0.name.contains("cattr") }
        let odd = [
            "null", "-1", "1e999", "9223372036854775808", "\"\"", "[]", "{}", "[[]]", "{\"_aj_globalid\":1}", "true",
        ]
        var read = 0
        for _ in 0..<1_000 {
            guard let job = jobs.randomElement(using: &generator) else { continue }
            // One value between colons, commas and brackets becomes another one.
            var parts = String(decoding: job.bytes, as: UTF8.self).split(
                separator: ":", omittingEmptySubsequences: false)
            let place = Int.random(in: 1..<parts.count, using: &generator)
            let end = parts[place].firstIndex { ",}]".contains($0) } ?? parts[place].endIndex
            parts[place] = Substring((odd.randomElement(using: &generator) ?? "0") + parts[place][end...])
            guard let payload = try? JobPayload(parsing: Array(parts.joined(separator: ":").utf8)) else { continue }
            _ = try? CurrentAttributes(payload)
            guard let envelope = try? ActiveJobEnvelope(payload) else { continue }
            read += 1
            _ = (envelope.exceptionExecutions, envelope.enqueuedAt?.description, envelope.resumptions)
            _ = try? envelope.arguments().json()
            _ = try? MailDelivery(envelope)
            let next = envelope.nextAttempt(counting: "[A]", now: Timestamp(microseconds: 0), due: nil)
            guard (try? payload.checkStorable()) != nil else { continue }
            #expect(throws: Never.self, "seed \(seed)") { try next.checkStorable() }
        }
        #expect(read > 300, "seed \(seed)")
    }

    // MARK: Mails

    @Test("a mail of deliver_later is recognised", arguments: ["6.4.1", "7.3.9", "8.1.7"])
    func mail(version: String) throws {
        let mail = try MailDelivery(try envelope(version, "pushed.queue_mailers.aj-mailer"))
        #expect(mail.mailer == "UserMailer" && mail.method == "welcome" && mail.deliveryMethod == "deliver_now")
        #expect(mail.params?["tenant"] == "t1")
        #expect(mail.arguments.first == 7)
        #expect(mail.arguments.last?.hash?["name"] == "Bob")
        let written = try ActiveJobArguments(mail.jobArguments).json()
        #expect(.array(written) == (try envelope(version, "pushed.queue_mailers.aj-mailer"))["arguments"])
    }

    @Test("the two jobs that ActionMailer had before Rails 6.0 are read too, and what is no mail is refused")
    func olderMails() throws {
        func mail(_ jobClass: String, _ arguments: [ActiveJobValue]) throws -> MailDelivery {
            try MailDelivery(
                ActiveJobEnvelope(
                    jobClass: jobClass, arguments: ActiveJobArguments(arguments), now: Timestamp(microseconds: 0)))
        }
        let flat = try mail("ActionMailer::DeliveryJob", ["M", "m", "deliver_now", 1, "x"])
        #expect(flat == MailDelivery(mailer: "M", method: "m", arguments: [1, "x"]))
        let params = ActiveJobHash.symbols(["a": 1])
        let parameterised = try mail(
            "ActionMailer::Parameterized::DeliveryJob", ["M", "m", "deliver_now", .hash(params), 1])
        #expect(parameterised == MailDelivery(mailer: "M", method: "m", params: params, arguments: [1]))
        let error = #expect(throws: ArgumentsError.self) { try mail("ActionMailer::MailDeliveryJob", ["M", 1]) }
        #expect(error?.message.contains("mailer, method, delivery method") == true)
    }

    // MARK: cattr

    @Test("current attributes are read in both of Sidekiq's forms", arguments: ["6.4.1", "6.5.12", "7.3.9", "8.1.7"])
    func currentAttributes(version: String) throws {
        let payload = try JobPayload(parsing: try Fixture.job("sidekiq-\(version)", "pushed.queue_default.cattr"))
        let attributes = try CurrentAttributes(payload)
        #expect(attributes["user_id"] == 5 && attributes["tenant"] == "acme")
        #expect(attributes["sym"] == (version == "8.1.7" ? .symbol("adm") : "adm"))
        #expect(attributes["other"] == nil)
        var child = JobPayload(jobClass: "Child")
        attributes.add(to: &child)
        #expect(child.rawValue("cattr") == payload.rawValue("cattr"), "byte for byte")
        #expect(child.rawValue("cattr")?.elementsEqual(payload.rawValue("cattr") ?? []) == true)
    }

    @Test("the attributes of several classes are kept apart and passed on; what a job has of its own stays")
    func severalClasses() throws {
        let text = #"{"class":"C","args":[],"cattr":{"a":1},"cattr_1":[["b",2]],"cattr_3":{"c":3}}"#
        let attributes = try CurrentAttributes(try JobPayload(parsing: Array(text.utf8)))
        #expect(attributes.sets.map { $0.members.map(\.key) } == [["a"], ["b"]])
        var child = JobPayload(jobClass: "Child", options: ["cattr": ["own": true]])
        attributes.add(to: &child)
        #expect(child["cattr"] == ["own": true] && child["cattr_1"] == [["b", 2]])
        #expect(try CurrentAttributes(JobPayload(jobClass: "C")).isEmpty)
        let made = try CurrentAttributes(["user_id": 5, "role": .symbol("admin")])
        var payload = JobPayload(jobClass: "C")
        made.add(to: &payload)
        #expect(payload["cattr"] == ["user_id": 5, "role": "admin"])
    }

    @Test(
        "attributes in neither form are an error that names the field", arguments: ["7", "[1]", "[[1,2]]", "[[\"a\"]]"])
    func brokenAttributes(json: String) throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"C","cattr":\#(json)}"#.utf8))
        let error = #expect(throws: ArgumentsError.self) { try CurrentAttributes(payload) }
        #expect(error?.message.hasPrefix("cattr: expected ") == true, "\(error?.message ?? "")")
    }
}
