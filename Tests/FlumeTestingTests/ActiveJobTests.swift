import Flume
import FlumeActiveJob
import FlumeTesting
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import Testing

@Suite("Fake: jobs of ActiveJob classes")
struct ActiveJobTests {
    private struct ReportJob: ActiveJob, Equatable {
        static var options: ActiveJobOptions { .init(queue: "reports") }
        var account: Int
        @Keyword var format: RubySymbol? = nil
    }

    @Test("they can be asked for by type, by class, and by the arguments that Ruby's perform gets")
    func queries() async throws {
        let jobs = TestJobs()
        try await jobs.client.enqueue(ReportJob(account: 7, format: "pdf"))
        try await jobs.client.enqueue(activeJob: "OtherJob", arguments: [.symbol("x"), 1])
        try await jobs.client.push(JobPayload(jobClass: "OtherJob", arguments: ["x", 1]))
        #expect(try jobs.enqueued(ReportJob.self) == [ReportJob(account: 7, format: "pdf")])
        #expect(try jobs.enqueued(ReportJob.self, in: "default").isEmpty)
        let arguments: [ActiveJobValue] = [7, .hash(.keywords(["format": .symbol("pdf")]))]
        #expect(jobs.enqueued(activeJob: "ReportJob", args: arguments, in: "reports").count == 1)
        #expect(jobs.enqueued(activeJob: "ReportJob", args: [7]).isEmpty)
        #expect(jobs.enqueued(activeJob: "OtherJob", args: [.symbol("x"), 1]).count == 1)
        #expect(jobs.enqueued(activeJob: "OtherJob").count == 1, "the plain job is none")
        #expect(jobs.enqueued("OtherJob").count == 2)
        let first = try #require(jobs.enqueued("ReportJob").first)
        #expect(first.arguments.first == 7 && first.activeJob?.jobClass == "ReportJob")
        #expect(jobs.enqueued("OtherJob", args: ["x", 1]).map(\.activeJob) == [nil])
    }

    @Test("one handler is run with a typed job, its retry_on included")
    func perform() async throws {
        struct Busy: Error {}
        let handler = Handler(
            for: ReportJob.self, rules: [.retryOn(Busy.self, wait: .fixed(.seconds(60)), jitter: 0)]
        ) { job, _ in
            if job.account == 0 { throw Busy() }
        }
        let jobs = TestJobs()
        #expect(try await jobs.perform(ReportJob(account: 7), with: handler).ending == .done)
        let run = try await jobs.perform(ReportJob(account: 0), with: handler)
        #expect(run.ending == .snoozed(for: .seconds(60)))
        #expect(try run.written.map { try ActiveJobEnvelope($0).executions } == 1)
    }
}
