import Flume
import FlumeActiveJob
import FlumeWire
import TestSupport
import Testing

@Suite("Enqueueing for Rails")
struct EnqueueTests {
    private func stored(_ probe: RedisProbe, _ queue: String) async throws -> [ActiveJobEnvelope] {
        try await probe.queue(queue).map { try ActiveJobEnvelope(JobPayload(parsing: Array($0.utf8))) }
    }

    @Test("a typed job has the envelope, the options and the arguments of its Ruby class")
    func typed() async throws {
        try await withProbe { probe in
            let ids = try #require(try await JobClient(redis: probe.client).enqueue(ReportJob.example))
            let job = try #require(try await stored(probe, "reports").first)
            #expect(job.payload.jobClass == "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper")
            #expect(job.payload.wrapped == "ReportJob" && job.payload.handlerName == "ReportJob")
            #expect(job.payload.jid == ids.jid && job.jobID == ids.jobID)
            #expect(job.payload.retry == .limit(7) && job.payload.queue == "reports")
            #expect(job.queueName == "reports" && job.priority == 3)
            #expect(job.locale == "de" && job.timezone == "Europe/Berlin")
            #expect(job.executions == 0 && job.scheduledAt == nil)
            let created = try #require(job.payload.createdAt)
            #expect(abs(created.seconds - (try #require(job.enqueuedAt).timestamp.seconds)) < 60)
            #expect(try ReportJob(decodingArgumentsOf: job.payload) == .example)
        }
    }

    @Test("a job for later waits in schedule, and says for when")
    func later() async throws {
        try await withProbe { probe in
            let jobs = JobClient(redis: probe.client)
            try await jobs.enqueue(ReportJob.example, after: .seconds(600))
            let member = try #require(try await probe.members("schedule").first)
            let job = try ActiveJobEnvelope(JobPayload(parsing: Array(member.utf8)))
            let due = try #require(try await probe.score("schedule", member))
            #expect(abs(due - (try #require(job.scheduledAt).timestamp.seconds)) < 0.001)
            #expect(job.payload.enqueuedAt == nil)
            try await jobs.enqueue(ReportJob.example, at: Timestamp(microseconds: 1))
            #expect(try await stored(probe, "reports").first?.scheduledAt == nil, "the past is now")
        }
    }

    @Test("many jobs go in one call, each with ids of its own")
    func many() async throws {
        try await withProbe { probe in
            var options = ReportJob.options
            options.sidekiq.jid = "once"
            let ids = try await JobClient(redis: probe.client)
                .enqueue(contentsOf: [ReportJob.example, .example, .example], options: options)
            let stored = try await stored(probe, "reports")
            #expect(Set(ids.map { $0?.jobID }).count == 3)
            #expect(Set(stored.map(\.payload.jid)) == Set(ids.map { $0?.jid }))
            #expect(!stored.contains { $0.payload.jid == "once" })
        }
    }

    @Test("a class without a Swift type, and a mail, are enqueued by name")
    func untyped() async throws {
        try await withProbe { probe in
            let jobs = JobClient(redis: probe.client)
            try await jobs.enqueue(
                activeJob: "OtherJob", arguments: [7, .hash(.keywords(["format": .symbol("pdf")]))],
                options: .init(wrapper: .sidekiq))
            let mail = MailDelivery(
                mailer: "UserMailer", method: "welcome", params: .symbols(["tenant": "t1"]), arguments: [7])
            try await jobs.enqueue(mail, options: .init(queue: "mailers"))
            let other = try #require(try await stored(probe, "default").first)
            #expect(other.payload.jobClass == "Sidekiq::ActiveJob::Wrapper" && other.jobClass == "OtherJob")
            #expect(try other.arguments().keywords?["format"] == .symbol("pdf"))
            let delivery = try #require(try await stored(probe, "mailers").first)
            #expect(try MailDelivery(delivery) == mail)
            #expect(delivery.payload.displayName == "UserMailer#welcome")
        }
    }

    @Test("an argument that the Rails concerned cannot read is refused before anything is written")
    func refused() async throws {
        struct Old: ActiveJob {
            static var coding: ActiveJobCoding { .init(rails: .v6_1) }
            var days: ClosedRange<Int>
        }
        try await withProbe { probe in
            let error = await #expect(throws: ArgumentsError.self) {
                try await JobClient(redis: probe.client).enqueue(Old(days: 1...2))
            }
            #expect(
                error?.message == "arguments[0]: a Range can be stored from Rails 7.0 on, and this is for Rails 6.1")
            let keys = try await probe.number("DBSIZE")
            #expect(keys == 0)
        }
    }

    @Test("jobs carry the current attributes of where they are enqueued")
    func currentAttributes() async throws {
        try await withProbe { probe in
            let jobs = JobClient(redis: probe.client, middleware: [CurrentAttributesClientMiddleware()])
            try await CurrentAttributes.$current.withValue(try CurrentAttributes(["user_id": 5, "role": .symbol("x")]))
            {
                _ = try await jobs.enqueue(ReportJob.example)
            }
            try await jobs.enqueue(ReportJob.example)
            #expect(
                try await stored(probe, "reports").map { $0.payload["cattr"] } == [["user_id": 5, "role": "x"], nil])
        }
    }
}
