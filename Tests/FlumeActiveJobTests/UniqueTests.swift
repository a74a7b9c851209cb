import Flume
import FlumeActiveJob
import FlumeWire
import TestSupport
import Testing

@Suite("Unique jobs and bulks for Rails")
struct UniqueTests {
    private let lock = Uniqueness(for: .seconds(3600))

    @Test("a job in conflict is told the jid of the holder, whose class and arguments are the same")
    func conflict() async throws {
        try await withProbe { probe in
            let jobs = JobClient(redis: probe.client)
            let first = try #require(try await jobs.enqueueUnique(ReportJob.example, as: lock).jid)
            #expect(try await jobs.enqueueUnique(ReportJob.example, as: lock) == .conflict(jid: first))
            #expect(
                try await jobs.enqueueUnique(ReportJob.example, as: lock, after: .seconds(9)) == .conflict(jid: first))
            let untyped = try await jobs.enqueueUnique(
                activeJob: "ReportJob",
                arguments: [
                    .globalID(GlobalID(app: "shop", model: "Account", id: 42)),
                    .hash(.keywords(["format": .symbol("csv")])),
                ], as: lock, options: ReportJob.options)
            #expect(untyped == .conflict(jid: first))
            var other = ReportJob.example
            other.format = "pdf"
            #expect(try await jobs.enqueueUnique(other, as: lock).jid != nil)
            #expect(try await probe.queue("reports").count == 2)
        }
    }

    @Test("a token of one's own and the options of the type count, and a job for later says for when")
    func token() async throws {
        try await withProbe { probe in
            let jobs = JobClient(redis: probe.client)
            var options = ReportJob.options
            options.sidekiq.unique = Uniqueness(for: .seconds(60), until: .start, token: "nightly")
            let first = try #require(
                try await jobs.enqueueUnique(ReportJob.example, after: .seconds(600), options: options).jid)
            let holder = try await probe.string("unique:nightly")
            #expect(holder == first)
            #expect(try await jobs.enqueue(ReportJob.example, options: options) == nil)
            #expect(try await jobs.enqueueUnique(activeJob: "Other", options: options) == .conflict(jid: first))
            let member = try #require(try await probe.members("schedule").first)
            let job = try ActiveJobEnvelope(JobPayload(parsing: Array(member.utf8)))
            #expect(job.scheduledAt != nil && job.payload.uniqueUntil == .start)
        }
    }

    @Test("ActiveJob jobs go in a bulk with others, each with ids of its own, now and later")
    func bulk() async throws {
        try await withProbe { probe in
            var unique = ReportJob.options
            unique.sidekiq.unique = lock
            let results = try await JobClient(redis: probe.client).enqueueAll([
                .job(ReportJob.example, options: unique), .payload(JobPayload(jobClass: "Plain", queue: "reports")),
                .job(ReportJob.example, after: .seconds(600)), .activeJob("Other", arguments: [1]),
                .job(ReportJob.example, at: Timestamp(microseconds: 1), options: unique),
            ])
            let jids = results.compactMap(\.jid)
            #expect(jids.count == 4 && results[4] == .conflict(jid: jids[0]))
            let reports = try await probe.queue("reports").map { try JobPayload(parsing: Array($0.utf8)) }
            #expect(Set(reports.map(\.jid)) == [jids[0], jids[1]])
            let later = try ActiveJobEnvelope(
                JobPayload(parsing: Array(try #require(try await probe.members("schedule").first).utf8)))
            let due = try #require(try await probe.score("schedule", later.payload.description))
            #expect(abs(due - (try #require(later.scheduledAt).timestamp.seconds)) < 0.001)
            let first = try ActiveJobEnvelope(try #require(reports.first { $0.jid == jids[0] }))
            #expect(first.scheduledAt == nil && first.jobID != later.jobID)
            let other = try #require(try await probe.queue("default").first)
            #expect(try ActiveJobEnvelope(JobPayload(parsing: Array(other.utf8))).arguments().values == [1])
        }
    }
}
