import Flume
import FlumeActiveJob
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import TestSupport
import Testing

@Suite("Performing for Rails")
struct HandlerTests {
    @Test("a typed handler gets arguments, keywords and ActiveJob's facts about the job")
    func typed() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler(for: ReportJob.self) { job, context in
                journal.note("\(job.account.id) \(job.format?.name ?? "none")")
                journal.note(
                    "\(context.executions) \(context.jobID) \(context.providerJobID) \(context.jid) \(context.queue)")
                journal.note("\(context.locale ?? "") \(context.timezone ?? "") \(context.attempt)")
                journal.note("\(context.envelope.continuation ?? "none") \(context.envelope.resumptions ?? 0)")
            }
            try await withRailsWorker(on: probe, [handler]) {
                try await probe.enqueueRails(
                    "ReportJob",
                    #"[{"_aj_globalid":"gid://shop/Account/7"},{"format":{"_aj_serialized":"#
                        + #""ActiveJob::Serializers::SymbolSerializer","value":"csv"},"_aj_ruby2_keywords":["format"]}]"#,
                    inner: #","continuation":{"completed":["a"]},"resumptions":1"#)
                try await journal.wait(for: 4)
            }
            #expect(
                journal.entries == [
                    "7 csv", "1 id-1 jid-1 jid-1 q", "de UTC 1", #"{"completed":["a"]} 1"#,
                ])
        }
    }

    @Test("a check decodes the parameters of a closure, and runs nothing")
    func check() throws {
        let handlers = HandlerRegistry {
            Handler(activeJob: "Resize") { (_, _: Int, _: String?) in Issue.record("a check runs nothing") }
        }
        func payload(_ arguments: String) throws -> JobPayload {
            try JobPayload(
                parsing: Array(
                    (#"{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"Resize","args":[{"job_class":"Resize","#
                        + #""job_id":"i","queue_name":"q","arguments":\#(arguments)}]}"#).utf8))
        }
        try handlers.check(payload("[1]"))
        try handlers.check(payload(#"[1,"a"]"#))
        for wrong in ["[]", #"["1"]"#, "[1,2]", #"[1,"a",3]"#] {
            #expect(throws: ArgumentsError.self, "\(wrong)") { try handlers.check(payload(wrong)) }
        }
    }

    @Test("a closure takes positional arguments, and a mail any of ActionMailer's jobs")
    func untyped() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers = HandlerRegistry {
                Handler(activeJob: "SizesJob") { (_, id: Int, sizes: [String], factor: Double?) in
                    journal.note("\(id) \(sizes) \(factor.map { "\($0)" } ?? "nil")")
                }
                Handler.mailDeliveries { mail, _ in journal.note("\(mail.mailer)#\(mail.method) \(mail.arguments)") }
            }
            #expect(
                handlers.jobClasses == [
                    "ActionMailer::DeliveryJob", "ActionMailer::MailDeliveryJob",
                    "ActionMailer::Parameterized::DeliveryJob", "SizesJob",
                ])
            let all = Handler.mailDeliveries { mail, _ in
                journal.note("\(mail.mailer)#\(mail.method) \(mail.arguments)")
            }
            let sizes = Handler(activeJob: "SizesJob") { (_, id: Int, sizes: [String], factor: Double?) in
                journal.note("\(id) \(sizes) \(factor.map { "\($0)" } ?? "nil")")
            }
            try await withRailsWorker(on: probe, all + [sizes]) {
                try await probe.enqueueRails("SizesJob", #"[1,["a"]]"#)
                try await probe.enqueueRails(
                    "ActionMailer::MailDeliveryJob",
                    #"["M","m","deliver_now",{"args":[7],"_aj_ruby2_keywords":["args"]}]"#)
                try await journal.wait(for: 2)
            }
            #expect(Set(journal.entries) == [#"1 ["a"] nil"#, "M#m [7]"])
        }
    }

    @Test("bad input fails the job into retry with the field and the accepted forms, and the worker goes on")
    func badInput() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler(for: ReportJob.self) { job, _ in journal.note(job.account.id) }
            try await withRailsWorker(on: probe, [handler]) {
                try await probe.enqueueRails("ReportJob", #"[{"_aj_serialized":"MoneySerializer","x":1}]"#, jid: "a")
                try await probe.enqueueRails("ReportJob", #"["text"]"#, jid: "b")
                try await probe.enqueueRails("ReportJob", "[]", jid: "c")
                try await probe.enqueue(
                    [#"{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"ReportJob","args":[1],"jid":"d"}"#], to: "q")
                let failed = try await probe.wait(for: 4, in: "retry")
                func message(_ jid: String) -> String { failed.first { $0.jid == jid }?["error_message"]?.string ?? "" }
                #expect(
                    message("a").hasPrefix("arguments[0]: no serializer MoneySerializer is registered; registered are"))
                #expect(message("b") == #"arguments[0] (account): expected a GlobalID, found a String: "text""#)
                #expect(message("c") == "arguments[0] (account): missing; 0 arguments were given")
                #expect(message("d") == "args: expected one object, as ActiveJob writes it, found [1]")
                #expect(failed.allSatisfy { $0["error_class"] == "ArgumentsError" && $0.retryCount == 0 })
                try await probe.enqueueRails("ReportJob", #"[{"_aj_globalid":"gid://shop/Account/7"}]"#)
                try await journal.wait(for: 1)
            }
        }
    }

    @Test(
        "the current attributes of a job hold while it runs and go on to the jobs it enqueues",
        arguments: [
            #""cattr":{"user_id":5}"#,
            #""cattr":[[{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"user_id"},5]]"#,
        ])
    func currentAttributes(cattr: String) async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.activeJob("ParentJob") { _, context in
                journal.note(
                    "\(CurrentAttributes.current?["user_id"] ?? "none") \(try context.job.currentAttributes.sets.count)"
                )
                try await context.jobs.enqueue(ReportJob.example)
                try await context.jobs.push(JobPayload(jobClass: "Plain", queue: "reports"))
            }
            try await withRailsWorker(on: probe, [handler], middleware: [CurrentAttributesServerMiddleware()]) {
                $0.clientMiddleware = [CurrentAttributesClientMiddleware()]
            } _: {
                try await probe.enqueueRails("ParentJob", outer: ",\(cattr)")
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["5 1"])
            let children = try await probe.queue("reports")
            #expect(children.count == 2 && children.allSatisfy { $0.contains(cattr) })
        }
    }

    @Test(
        "current attributes of a serializer of the application's own are read with its coding, and fail the job without"
    )
    func attributesOfOwnKind() async throws {
        struct Money: Codable { var amount: Int }
        let cattr = #""cattr":{"limit":{"_aj_serialized":"MoneySerializer","amount":5}}"#
        let coding = ActiveJobCoding(serializers: [ActiveJobSerializer("MoneySerializer", for: Money.self)])
        for (coding, failures) in [(coding, 0), (ActiveJobCoding(), 1)] {
            try await withProbe { probe in
                let journal = Journal()
                let handler = Handler.activeJob("J") { _, context in
                    if case .object(let object) = CurrentAttributes.current?["limit"] { journal.note("\(object)") }
                    let attributes = try context.job.currentAttributes(coding: coding)
                    #expect(attributes.sets.count == 1)
                }
                let middleware = CurrentAttributesServerMiddleware(coding: coding)
                try await withRailsWorker(on: probe, [handler], middleware: [middleware]) {
                    try await probe.enqueueRails("J", outer: ",\(cattr)")
                    try await eventually("it has run") { try await probe.string("stat:processed") == "1" }
                }
                #expect(try await probe.number("ZCARD", "retry") == failures)
                #expect(journal.entries.count == 1 - failures)
            }
        }
    }

    @Test("a middleware sees ActiveJob's side of a job, and none where there is none")
    func middleware() async throws {
        struct Noting: ServerMiddleware {
            let journal: Journal

            func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
                journal.note(context.activeJob?.jobID ?? "none")
                try await next(context)
            }
        }
        try await withProbe { probe in
            let journal = Journal()
            let handlers: [Handler] = [.activeJob("A") { _, _ in }, .raw("B") { _, _ in }]
            try await withRailsWorker(on: probe, handlers, middleware: [Noting(journal: journal)]) {
                try await probe.enqueueRails("A")
                try await journal.wait(for: 1)
                try await probe.enqueue([#"{"class":"B","args":[],"jid":"b"}"#], to: "q")
                try await journal.wait(for: 2)
            }
            #expect(journal.entries == ["id-1", "none"])
        }
    }
}
